"""How the command line is found."""

import os

import pytest

import persimmons
from persimmons import _cli


def test_an_environment_variable_goes_first(monkeypatch, tmp_path):
    script = tmp_path / "main.js"
    script.write_text("")
    monkeypatch.setenv("PERSIMMONS_CLI", str(script))
    monkeypatch.setenv("PERSIMMONS_NODE", str(script))
    assert _cli.find_cli() == [str(script), str(script)]
    program = tmp_path / "persimmons"
    program.write_text("")
    monkeypatch.setenv("PERSIMMONS_CLI", str(program))
    assert _cli.find_cli() == [str(program)]
    monkeypatch.setenv("PERSIMMONS_CLI", "sh -c 'exec persimmons'")
    assert _cli.find_cli() == ["sh", "-c", "exec persimmons"]


def test_a_variable_that_names_nothing_is_an_error(monkeypatch, tmp_path):
    monkeypatch.setenv("PERSIMMONS_CLI", str(tmp_path / "missing"))
    with pytest.raises(persimmons.CompileError, match="which is not there") as caught:
        _cli.find_cli()
    assert caught.value.exit_code == 2


def test_the_checkout_comes_before_the_path(monkeypatch, tmp_path):
    (tmp_path / "package.json").write_text("{}")
    (tmp_path / "dist" / "cli").mkdir(parents=True)
    (tmp_path / "dist" / "cli" / "main.js").write_text("")
    on_path = tmp_path / "bin" / "persimmons"
    on_path.parent.mkdir()
    on_path.write_text("")
    on_path.chmod(0o755)
    monkeypatch.delenv("PERSIMMONS_CLI", raising=False)
    monkeypatch.setenv("PERSIMMONS_NODE", "node")
    monkeypatch.setenv("PATH", str(on_path.parent))
    monkeypatch.setattr(_cli, "_checkouts", lambda: iter([str(tmp_path)]))
    assert _cli.find_cli() == ["node", str(tmp_path / "dist" / "cli" / "main.js")]
    os.unlink(tmp_path / "dist" / "cli" / "main.js")
    assert _cli.find_cli() == [str(on_path)]
    on_path.unlink()
    with pytest.raises(persimmons.CompileError, match="is not built.*none on the PATH"):
        _cli.find_cli()
