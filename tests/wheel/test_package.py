"""The wheels as files, and as packages in environments that have nothing else."""

from __future__ import annotations

import ast
import re
import subprocess
import sys
import zipfile
from pathlib import Path

from interpreters import Interpreter, interpreters

HERE = Path(__file__).parent

MIB = 1024 * 1024

# Beside the import of http.client, which every client has that is written in Python alone: 0.49 to 0.57 of that in
# CPython 3.10 to 3.13. Instructions are counted, because time also measures what else the machine does.
IMPORT_OF_HTTP_CLIENT = 0.7
IMPORT_MEMORY = 10 * MIB

IMPORT_AND_PRINT_MEMORY = """
def memory():
    with open("/proc/self/statm") as statm:
        return int(statm.read().split()[1]) * 4096
before = memory()
import antom
print(memory() - before)
"""


def run(*command: object) -> str:
    return subprocess.run([str(word) for word in command], capture_output=True, text=True, check=True).stdout


def test_one_wheel_serves_every_python_from_3_10_on_any_usual_linux(antom_wheel: Path, command_wheel: Path) -> None:
    assert "-cp310-abi3-manylinux_2_" in antom_wheel.name
    assert "-py3-none-manylinux_2_" in command_wheel.name


def test_the_wheel_uses_nothing_but_the_stable_abi(antom_wheel: Path) -> None:
    run(sys.executable, "-m", "abi3audit", "--strict", antom_wheel)


def test_the_wheel_is_small_and_stripped(antom_wheel: Path, tmp_path: Path) -> None:
    assert antom_wheel.stat().st_size < 4 * MIB
    with zipfile.ZipFile(antom_wheel) as wheel:
        library = wheel.extract("antom/_native.abi3.so", tmp_path)
    sections = run("readelf", "--section-headers", "--wide", library)
    assert ".dynsym" in sections
    assert ".symtab" not in sections
    assert ".debug_" not in sections


def test_the_library_needs_nothing_but_the_system(antom_wheel: Path, tmp_path: Path) -> None:
    with zipfile.ZipFile(antom_wheel) as wheel:
        library = wheel.extract("antom/_native.abi3.so", tmp_path)
    needed = [
        line.split("[")[1].rstrip("]") for line in run("readelf", "-d", library).splitlines() if "(NEEDED)" in line
    ]
    assert set(needed) <= {"libc.so.6", "libgcc_s.so.1", "ld-linux-x86-64.so.2", "libm.so.6"}


def test_a_wheel_has_its_types_and_licences_and_needs_no_other_package(antom_wheel: Path, command_wheel: Path) -> None:
    for path in (antom_wheel, command_wheel):
        with zipfile.ZipFile(path) as wheel:
            names = [name.rpartition("/")[2] for name in wheel.namelist()]
            [metadata] = [name for name in wheel.namelist() if name.endswith(".dist-info/METADATA")]
            assert "Requires-Dist" not in wheel.read(metadata).decode()
        assert {"py.typed", "LICENSE-APACHE", "LICENSE-MIT"} <= set(names)


def test_a_wheel_has_the_licences_of_what_is_linked_into_it(antom_wheel: Path, command_wheel: Path) -> None:
    for path in (antom_wheel, command_wheel):
        with zipfile.ZipFile(path) as wheel:
            [notices] = [name for name in wheel.namelist() if name.endswith("/THIRD-PARTY-NOTICES")]
            written = wheel.read(notices).decode()
            [linked] = [name for name in wheel.namelist() if name.endswith((".so", "/scripts/antom"))]
            binary = wheel.read(linked)
        # The places of panics name the crates.
        crates = {crate.decode() for crate in re.findall(rb"/registry/src/[^/]+/([A-Za-z0-9_+.-]+)/", binary)}
        assert len(crates) > 10
        assert not {crate for crate in crates if "  {} {}: ".format(*crate.rsplit("-", 1)) not in written}
        assert "---- of " in written
        assert "aws-lc-sys" in written


def test_this_machine_has_an_interpreter_to_test_with() -> None:
    assert [python for python in interpreters() if python.version >= (3, 10)]


def test_it_installs_and_works(installed: Path, supported: Interpreter) -> None:
    version, _, build_info = run(installed, "-I", "-W", "error", HERE / "smoke.py").strip().partition(" ")
    build = ast.literal_eval(build_info)
    assert build["version"] == version
    assert build["rustc"].startswith("rustc 1.")
    assert supported.version >= (3, 10)


def test_the_command_is_there(installed: Path) -> None:
    version = run(installed, "-c", "import antom; print(antom.__version__)").strip()
    assert run(installed.with_name("antom"), "--version").strip() == f"antom {version}"


def test_the_import_costs_little(installed: Path) -> None:
    run(installed, "-I", "-c", "import antom, http.client")  # later ones find compiled modules
    start, antom, http_client = (instructions_to_import(installed, name) for name in ("sys", "antom", "http.client"))
    assert antom - start < IMPORT_OF_HTTP_CLIENT * (http_client - start)
    assert int(run(installed, "-I", "-c", IMPORT_AND_PRINT_MEMORY)) < IMPORT_MEMORY


def instructions_to_import(python: Path, module: str) -> int:
    """Of the whole process, outside the kernel."""
    count = ["valgrind", "--tool=cachegrind", "--cache-sim=no", "--cachegrind-out-file=/dev/null"]
    counted = subprocess.run(
        [*count, python, "-I", "-c", f"import {module}"], capture_output=True, text=True, check=True
    ).stderr
    [instructions] = re.findall(r"I +refs: +([0-9,]+)", counted)
    return int(instructions.replace(",", ""))


def test_pip_tells_an_older_python_what_it_would_need(too_old: Interpreter, antom_wheel: Path, tmp_path: Path) -> None:
    """The way a package index does: it has the wheel and its source, and what they say of themselves."""
    with zipfile.ZipFile(antom_wheel) as wheel:
        [metadata] = [name for name in wheel.namelist() if name.endswith(".dist-info/METADATA")]
        [required] = [line for line in wheel.read(metadata).decode().splitlines() if line.startswith("Requires-Python")]
    required = required.partition(": ")[2].replace(">", "&gt;")
    page = tmp_path / "simple" / "antom" / "index.html"
    page.parent.mkdir(parents=True)
    files = [antom_wheel, *antom_wheel.parent.glob("antom-*.tar.gz")]
    links = [f'<a href="{file.as_uri()}" data-requires-python="{required}">{file.name}</a>' for file in files]
    page.write_text("<!DOCTYPE html>" + "".join(links))
    install = [str(too_old.path), "-m", "pip", "install", "--disable-pip-version-check", "--no-cache-dir"]
    source = ["--index-url", page.parent.parent.as_uri(), "--target", str(tmp_path / "installed"), "antom"]
    tried = subprocess.run([*install, *source], capture_output=True, text=True, check=False)
    assert tried.returncode != 0
    assert "Requires-Python >=3.10" in tried.stderr
