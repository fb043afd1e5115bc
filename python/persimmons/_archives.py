"""Several programs of one module in one archive of ``torch.export``, which carries every tensor once."""

from __future__ import annotations

import copy
import io
import json
import os
import warnings
import zipfile
from typing import Any, Dict, Mapping


def save_programs(programs: Mapping[str, Any], path: str) -> str:
    """Writes the programs, which are of the same module, under their names; gives ``path``.

    PyTorch writes the first with all tensors. Of the others only what the first lacks is added; the rest refers to the
    first one's files.
    """
    from torch.export.pt2_archive._package import package_pt2

    (first, program), *others = programs.items()
    package_pt2(path, exported_programs={first: program})
    with zipfile.ZipFile(path, "a") as archive:
        stem = os.path.splitext(os.path.basename(path))[0]
        for name, other in others:
            _add(archive, stem, name, other, first, program)
    return path


def _add(archive: zipfile.ZipFile, stem: str, name: str, program: Any, first: str, known: Any) -> None:
    from torch.export.pt2_archive._package import package_pt2

    buffer = io.BytesIO()
    with warnings.catch_warnings():
        # It misses storages that hold whole tensors.
        warnings.simplefilter("ignore")
        package_pt2(buffer, exported_programs={name: _without_weights(program)})
    with zipfile.ZipFile(buffer) as own:
        root = own.namelist()[0].split("/")[0]
        archive.writestr("%s/models/%s.json" % (stem, name), own.read("%s/models/%s.json" % (root, name)))
        _add_config(archive, stem, "weights", name, _config(archive, stem, "weights", first))
        constants = _config(own, root, "constants", name)
        shared = _config(archive, stem, "constants", first)
        for fqn, entry in constants.items():
            if fqn in shared and _same(program.constants.get(fqn), known.constants.get(fqn)):
                constants[fqn] = shared[fqn]
                continue
            data = own.read("%s/data/constants/%s" % (root, entry["path_name"]))
            entry["path_name"] = "%s_%s" % (name, entry["path_name"])
            archive.writestr("%s/data/constants/%s" % (stem, entry["path_name"]), data)
        _add_config(archive, stem, "constants", name, constants)


def _without_weights(program: Any) -> Any:
    """The program with tensors that take no room in place of its weights, whose values are never read."""
    light = copy.copy(program)
    light._state_dict = {
        fqn: type(tensor)(tensor.new_empty(()).expand(tensor.shape), requires_grad=False)
        if hasattr(tensor, "requires_grad") and type(tensor).__name__ == "Parameter"
        else tensor.new_empty(()).expand(tensor.shape)
        for fqn, tensor in program.state_dict.items()
    }
    return light


def _same(a: Any, b: Any) -> bool:
    """Whether two tensors show the same memory in the same way."""
    if a is None or b is None or a.dtype != b.dtype or a.shape != b.shape or a.stride() != b.stride():
        return False
    return a.data_ptr() == b.data_ptr() and a.storage_offset() == b.storage_offset()


def _config(archive: zipfile.ZipFile, stem: str, kind: str, name: str) -> Dict[str, Any]:
    return json.loads(archive.read("%s/data/%s/%s_%s_config.json" % (stem, kind, name, kind)))["config"]


def _add_config(archive: zipfile.ZipFile, stem: str, kind: str, name: str, config: Dict[str, Any]) -> None:
    archive.writestr("%s/data/%s/%s_%s_config.json" % (stem, kind, name, kind), json.dumps({"config": config}))
