"""The two commands on a copy of the scripts that has little to install."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from polar_customers.tests.processes import ROOT

MANAGE = "import os, sys; print('manage.py', *sys.argv[1:], 'by', sys.prefix)"


@pytest.fixture(scope="module")
def tools(tmp_path_factory):
    """A PATH with what sh needs, and no Python."""
    folder = tmp_path_factory.mktemp("tools")
    for name in ("dirname", "readlink"):
        (folder / name).symlink_to(shutil.which(name))
    return folder


@pytest.fixture(scope="module")
def clone(tmp_path_factory):
    folder = tmp_path_factory.mktemp("clone") / "with a space"
    shutil.copytree(ROOT / "script", folder / "script")
    (folder / "requirements.txt").touch()
    (folder / "manage.py").write_text(MANAGE)
    return folder


@pytest.fixture
def run(clone, tools, tmp_path):
    def run(command, path=None):
        return subprocess.run(
            [command],
            cwd=tmp_path,
            env={"PATH": path or f"{tools}:{Path(sys._base_executable).parent}", "HOME": str(tmp_path)},
            capture_output=True,
            text=True,
            timeout=60,
            check=False,
        )

    return run


def test_serve_makes_the_environment_once_and_hands_over_to_manage_py(run, clone, tmp_path):
    link = tmp_path / "start"
    link.symlink_to(os.path.relpath(clone / "script" / "serve", tmp_path))
    first = run(link)
    assert first.stdout == f"manage.py serve by {clone / '.venv'}\n"
    assert first.stderr == "Installing the Python packages of requirements.txt into .venv …\n"
    second = run(link)
    assert (second.returncode, second.stdout, second.stderr) == (0, first.stdout, "")


def test_an_installation_that_failed_is_tried_again(run, clone):
    requirements = clone / "requirements.txt"
    requirements.write_text("./no-such-package\n")
    failed = run(clone / "script" / "serve")
    assert failed.returncode == 1
    assert failed.stdout == ""
    assert failed.stderr.endswith("The packages of requirements.txt could not be installed.\n")
    requirements.write_text("# nothing again\n")
    repaired = run(clone / "script" / "serve")
    assert repaired.returncode == 0
    assert "Installing" in repaired.stderr


def test_without_a_python_it_says_so(run, clone, tools):
    said = run(clone / "script" / "serve", path=str(tools))
    assert said.returncode == 1
    assert said.stderr == "Python 3.11 or newer is needed, and there is none in PATH.\n"


def test_without_the_venv_module_it_names_the_package(run, clone, tools, tmp_path):
    shutil.copytree(clone / "script", tmp_path / "script")
    (tmp_path / "requirements.txt").touch()
    hidden = tmp_path / "hidden.py"
    hidden.write_text(
        "import importlib.util, runpy, sys\n"
        "find = importlib.util.find_spec\n"
        "importlib.util.find_spec = lambda name: None if name == 'ensurepip' else find(name)\n"
        "sys.argv = sys.argv[2:]\n"
        "runpy.run_path(sys.argv[0], run_name='__main__')\n"
    )
    python = tmp_path / "bin" / "python3"
    python.parent.mkdir()
    python.write_text(
        f'#!/bin/sh\ncase $1 in -I) exec {sys.executable} {hidden} "$@" ;; *) exec {sys.executable} "$@" ;; esac\n'
    )
    python.chmod(0o755)
    said = run(tmp_path / "script" / "serve", path=f"{python.parent}:{tools}")
    assert said.returncode == 1
    version = f"{sys.version_info.major}.{sys.version_info.minor}"
    assert said.stderr == (
        f"Python {version} of this machine can't make a virtual environment: "
        f"install its venv module (on Debian and Ubuntu: apt install python{version}-venv).\n"
    )
