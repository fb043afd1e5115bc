"""``persimmons.backend`` with the WebAssembly sandbox as its engine."""

from .backend import PersimmonsBackend


class WasmBackend(PersimmonsBackend):
    """Compiles for wasm32 and runs in the sandbox of the compile server."""

    engine = "wasm"


is_compatible = WasmBackend.is_compatible
prepare = WasmBackend.prepare
run_model = WasmBackend.run_model
run_node = WasmBackend.run_node
supports_device = WasmBackend.supports_device
