"""axe-core, which looks for barriers in a page (MPL-2.0; no part of Footnote): npm fetches it once into the
user's cache, of one version with one checksum. What it can't see (whether a name makes sense) stays unfound.
"""

import hashlib
import os
import shutil
import subprocess
import tarfile
from pathlib import Path
from typing import Any

import pytest

AXE = "axe-core-4.14.1"
AXE_SHA256 = "e6b0ce02b84d892e2e33e403485e7f3d6c29e2be6df65daf44d89ba564139745"
NPM_S = 60  # to fetch 3 MB, or to find that there is no registry
TAGS = ("wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa")


def axe_script() -> str:
    """The script of axe-core; the test is skipped where it can't be had."""
    cache = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "footnote-tests"
    file = cache / f"{AXE}.tgz"
    if not file.is_file():
        if not (npm := shutil.which("npm")):
            pytest.skip("no npm, which fetches axe-core")
        cache.mkdir(parents=True, exist_ok=True)
        name, _, version = AXE.rpartition("-")
        command = [npm, "pack", f"{name}@{version}", "--silent"]
        try:
            subprocess.run(command, cwd=cache, check=True, capture_output=True, timeout=NPM_S)
        except (subprocess.SubprocessError, OSError) as error:
            pytest.skip(f"npm could not fetch axe-core: {error}")
    assert hashlib.sha256(file.read_bytes()).hexdigest() == AXE_SHA256, f"{file} is not {AXE}"
    with tarfile.open(file) as packed:
        script = packed.extractfile("package/axe.min.js")
        assert script
        return script.read().decode("utf-8")


def violations(page: Any, axe: str) -> list[str]:
    """What axe-core finds serious or critical: the rule, and where."""
    page.evaluate(axe)
    told = page.evaluate(
        """tags => axe.run(document, {
             runOnly: { type: "tag", values: tags }, resultTypes: ["violations"], iframes: false })""",
        list(TAGS),
    )
    return [
        f"{found['id']}: {node['target']} {node['failureSummary']} {node['html'][:160]}"
        for found in told["violations"]
        if found["impact"] in ("serious", "critical")
        for node in found["nodes"]
    ]
