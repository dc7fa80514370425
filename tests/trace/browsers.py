"""Pages in a real browser, without one the tests that ask for it are skipped."""

from __future__ import annotations

import shutil
import subprocess

import pytest


def find_browser():
    """The command of a Chromium; the test is skipped, visibly, without one."""
    for name in ("chromium", "chromium-browser", "google-chrome"):
        if path := shutil.which(name):
            return path
    return pytest.skip("no Chromium on this machine")


def run_page(browser, page, folder):
    """The page's elements after its script ran."""
    path = folder / "page.html"
    path.write_text(page, encoding="utf-8")
    command = [
        browser,
        *("--headless", "--no-sandbox", "--disable-gpu", "--disable-background-networking"),
        f"--user-data-dir={folder / 'profile'}",
        *("--virtual-time-budget=5000", "--dump-dom"),
        path.as_uri(),
    ]
    done = subprocess.run(command, capture_output=True, text=True, timeout=120, check=False)
    return done.stdout
