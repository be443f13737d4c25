"""Brings the catalogues of translations up to date with the texts of the program: `make translations`.

What is new in the program is added without a translation, what the program no longer says is taken out; the
entries are sorted by their English text, and say in which files it stands. tests/test_translations.py fails
until everything is translated.
"""

import ast
import json
from collections import defaultdict
from collections.abc import Iterator
from pathlib import Path
from typing import TypeGuard

import polib

ROOT = Path(__file__).resolve().parents[1]
CATALOGUES = ROOT / "resources" / "translations"
PACKAGES = ("training", "vae_desktop")
SAMPLES = "resources/samples/samples.json"
Text = tuple[str, str]  # one, many: the latter is '' for a text that does not count


def used_texts(root: Path = ROOT) -> dict[Text, set[str]]:
    """The texts to translate, and the files in which they stand."""
    found: dict[Text, set[str]] = defaultdict(set)
    for package in PACKAGES:
        for path in (root / package).glob("*.py"):
            for call in calls(ast.parse(path.read_text("utf-8"))):
                texts = [
                    each.value for each in call.args[: 2 if name_of(call) == "trn" else 1] if _is_text(each)
                ]
                if texts:
                    found[texts[0], "".join(texts[1:])].add(f"{package}/{path.name}")
    for sample in json.loads((root / SAMPLES).read_text("utf-8")):
        for key in ("title", "description"):
            found[sample[key], ""].add(SAMPLES)
    return found


def calls(tree: ast.AST) -> Iterator[ast.Call]:
    """The calls of tr(), trn() and mark()."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Call) and name_of(node) in ("tr", "trn", "mark"):
            yield node


def name_of(call: ast.Call) -> str:
    """What is called: a function's or a method's name."""
    return str(getattr(call.func, "id", getattr(call.func, "attr", "")))


def _is_text(node: ast.expr) -> TypeGuard[ast.Constant]:
    return isinstance(node, ast.Constant) and isinstance(node.value, str)


def update(path: Path, texts: dict[Text, set[str]]) -> list[Text]:
    """Bring one catalogue up to date; returns what it has no translation for."""
    before = polib.pofile(str(path), wrapwidth=110)
    known = {(entry.msgid, entry.msgid_plural): entry for entry in before}
    after = polib.POFile(wrapwidth=110)
    after.header, after.metadata = before.header, before.metadata
    for (one, many), files in sorted(texts.items()):
        entry = known.get((one, many)) or polib.POEntry(msgid=one, msgid_plural=many)
        if many and not entry.msgstr_plural:
            entry.msgstr_plural = {0: "", 1: ""}
        entry.occurrences = [(file, "") for file in sorted(files)]
        after.append(entry)
    after.save(str(path))
    return [(entry.msgid, entry.msgid_plural) for entry in after.untranslated_entries()]


if __name__ == "__main__":
    for catalogue in sorted(CATALOGUES.glob("*.po")):
        for one, _many in update(catalogue, used_texts()):
            print(f"{catalogue.name} lacks: {one}")
