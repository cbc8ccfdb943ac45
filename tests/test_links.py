"""From a formula to its code: the links in the notebooks and the README's table lead to what they name."""

import inspect
import pkgutil
import re
from pathlib import Path
from urllib.parse import unquote

import nbformat

ROOT = Path(__file__).resolve().parents[1]
CODE_LINK = r"\[`([\w.]+)`\]\(([^)]+)\)"
ROW = re.compile(
    rf"\| (?:[^|]* )?\$[^|]+\$ \| ({CODE_LINK}(?:, {CODE_LINK})*) \| \[([^]|]+)\]\(([^)#]+)#([^)]+)\) \|"
)


def markdown(notebook: Path) -> str:
    cells = nbformat.read(notebook, as_version=4).cells
    return "\n".join(cell.source for cell in cells if cell.cell_type == "markdown")


def assert_defined_in(name: str, file: Path) -> None:
    thing = inspect.unwrap(pkgutil.resolve_name(f"cs231n_lib.{name}"))
    assert Path(inspect.getsourcefile(thing)) == file.resolve(), name


def test_notebooks_link_to_the_files_that_define_what_they_name():
    for notebook in sorted((ROOT / "notebooks").rglob("*.ipynb")):
        for line in re.findall(r"In the library:(.*)", markdown(notebook)):
            links = re.findall(CODE_LINK, line)
            assert links and line.count("](") == len(links), (notebook.name, line)
            for name, target in links:
                assert_defined_in(name, notebook.parent / target)


def test_the_readme_leads_from_formulas_to_functions_and_sections():
    _, _, after = (ROOT / "README.md").read_text(encoding="utf-8").partition("\n## From formula to code\n")
    header, rule, *rows = [line for line in after.partition("\n## ")[0].splitlines() if line.startswith("|")]
    assert header == "| formula | function | section |" and set(rule) == set("|-")
    assert len(rows) >= 12
    for row in rows:
        match = ROW.fullmatch(row)
        assert match, row
        for name, target in re.findall(CODE_LINK, match[1]):
            assert_defined_in(name, ROOT / target)
        *_, section, notebook, anchor = match.groups()
        assert re.search(rf"^#+ {re.escape(section)} *$", markdown(ROOT / notebook), re.MULTILINE), section
        assert unquote(anchor) == section.replace(" ", "-")  # as Jupyter makes anchors


def test_each_symbol_has_one_meaning_and_one_line():
    lines = (ROOT / "notebooks" / "symbols.md").read_text(encoding="utf-8").splitlines()
    rows = [line.strip("|").split("|") for line in lines if line.startswith("| ")][1:]
    assert all(len(row) == 4 and row[3].strip() for row in rows)
    symbols = [symbol for row in rows for symbol in re.findall(r"\$[^$]+\$|\$\\pm\$", row[0])]
    names = [name for row in rows for name in re.findall(r"`(\w+)`", row[1])]
    for listed in (symbols, names):
        assert len(listed) > 20 and len(set(listed)) == len(listed)
