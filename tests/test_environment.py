"""What can be installed in two ways is the same in both."""

import re
import subprocess
import sys
import tomllib
from pathlib import Path

import yaml

ROOT = Path(__file__).resolve().parents[1]
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
CONDA_NAMES = {"matplotlib": "matplotlib-base"}  # conda's matplotlib brings a desktop toolkit along
FOR_CONDA = ("notebooks", "tests")  # the extras that environment.yml installs


def name_and_bounds(requirement: str) -> tuple[str, str]:
    match = re.fullmatch(r"([A-Za-z0-9_.-]+?)(\[.*\])?([<>=!~].*)?", requirement)
    return match[1].lower(), match[3] or ""


def test_environment_yml_has_the_names_and_bounds_of_pyproject():
    wanted = [*PROJECT["dependencies"]]
    for extra in FOR_CONDA:
        wanted += PROJECT["optional-dependencies"][extra]
    expected = {CONDA_NAMES.get(name, name): bounds for name, bounds in map(name_and_bounds, wanted)}
    expected |= {"python": PROJECT["requires-python"], "pip": ""}
    listed = yaml.safe_load((ROOT / "environment.yml").read_text())["dependencies"]
    assert dict(name_and_bounds(entry) for entry in listed if isinstance(entry, str)) == expected
    assert {"pip": ["--editable ."]} in listed


def test_lock_files_hold_every_requirement_with_hashes_and_no_address():
    extras = PROJECT["optional-dependencies"]
    for lock, wanted in {
        "requirements.lock": [*PROJECT["dependencies"], *extras["notebooks"], *extras["tests"]],
        "benchmarks/requirements.lock": [*PROJECT["dependencies"], *extras["benchmarks"]],
    }.items():
        text = (ROOT / lock).read_text()
        locked = {match.lower() for match in re.findall(r"^([A-Za-z0-9_.-]+)==", text, flags=re.M)}
        assert {name_and_bounds(requirement)[0] for requirement in wanted} <= locked
        entries = re.split(r"\n(?=\S)", text.strip())
        assert all("--hash=sha256:" in entry for entry in entries)
        assert "://" not in text


def test_importing_the_package_imports_nothing_heavy():
    code = (
        "import sys; before = set(sys.modules); import cs231n_lib; new = set(sys.modules) - before; "
        "print({name.split('.')[0] for name in new} - set(sys.stdlib_module_names))"
    )
    out = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert out.stdout.strip() == "{'cs231n_lib'}"
