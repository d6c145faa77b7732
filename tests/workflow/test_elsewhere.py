"""The workflow where it is not at home: other folders, disks, workflows and hosts."""

import functools
import http.server
import os
import re
import shutil
import subprocess
import sys
import textwrap
import threading

import pytest
import yaml
from restmeg import provenance
from studies import PROJECT, ROOT, copy_project

RESULT = "results/simulated/p44136fa355b3/0-1/connectivity.nc"  # of three jobs, one a simulation


def snakemake(folder, *arguments, before=(), **environment):
    """Run Snakemake in a folder; returns the finished process."""
    return subprocess.run(
        [*before, sys.executable, "-m", "snakemake", *map(str, arguments)],
        cwd=folder,
        env=os.environ | environment,
        capture_output=True,
        text=True,
        check=False,
    )


def steps(done):
    """How many jobs of each rule a dry run would start."""
    assert done.returncode == 0, done.stdout + done.stderr
    text = done.stdout + done.stderr
    return dict(re.findall(r"^(\w+) +(\d+)$", text[text.index("Job stats:") :], re.M))


@pytest.fixture
def settings(finished):
    """The configuration of the finished study, as a file."""
    finished.snakemake("--list-rules")  # writes it
    return finished.path / "small.yaml"


def same(path, finished):
    return path.read_bytes() == (finished.path / RESULT).read_bytes()


def test_folders_with_spaces_and_results_on_another_disk(tmp_path, finished, settings):
    project, work, disk = (tmp_path / name for name in ("the project", "my work", "other disk"))
    for path in (project, work, disk):
        path.mkdir()
    copy_project(project)
    (work / "results").symlink_to(disk)
    options = ["--snakefile", project / "Snakefile", "--directory", work, "--configfile", settings]
    done = snakemake(tmp_path, *options, "--cores", "2", RESULT)
    assert done.returncode == 0, done.stdout + done.stderr
    assert same(disk / RESULT.removeprefix("results/"), finished)
    assert (work / "results").is_symlink()
    again = snakemake(tmp_path, *options, "--dry-run", RESULT)
    assert "Nothing to be done" in again.stdout + again.stderr


@pytest.fixture
def read_only(tmp_path):
    """A checkout that cannot be written, and what a command must begin with for that."""
    project = tmp_path / "checkout"
    project.mkdir()
    copy_project(project)
    before = []
    if os.geteuid() == 0:  # whom permissions do not keep from writing
        mount = 'mount --bind "$0" "$0" && mount -o remount,bind,ro "$0" && exec "$@"'
        before = ["unshare", "--mount", "sh", "-c", mount, str(project)]
        try:
            subprocess.run([*before, "true"], check=True, capture_output=True)
        except (OSError, subprocess.CalledProcessError):
            pytest.skip("nothing can be mounted here, and root may write anything")
    paths = [project, *project.rglob("*")]
    for path in paths:
        path.chmod(path.stat().st_mode & ~0o222)
    yield project, before
    for path in paths:
        path.chmod(path.stat().st_mode | 0o200)


def test_a_checkout_that_cannot_be_written(read_only, tmp_path, finished, settings):
    project, before = read_only
    touch = subprocess.run([*before, "touch", str(project / "x")], check=False, capture_output=True)
    assert touch.returncode != 0
    work = tmp_path / "work"
    work.mkdir()
    options = ["--snakefile", project / "Snakefile", "--configfile", settings]
    done = snakemake(work, *options, "--cores", "2", RESULT, before=before)
    assert done.returncode == 0, done.stdout + done.stderr
    assert same(work / RESULT, finished)


def test_the_place_of_the_catalog_is_the_same_workflow(study):
    root = study.snakemake("--dry-run")
    other = study.snakemake("--dry-run", "--snakefile", "workflow/Snakefile")
    assert steps(root) == steps(other)
    assert steps(root)["all"] == "1"


MODULE = """
module restmeg:
    snakefile: {source}
    config: config
    {prefix}

use rule * from restmeg {alias}

rule last:
    input: rules.{all}.input, {result!r}
    output: "last.txt"
    default_target: True
    shell: "cp {{input[0]}} {{output}}"
"""


def module(folder, source, alias="", prefix="", result=RESULT):
    """Write a workflow that uses ours as a module."""
    name = f"{alias}_all" if alias else "all"
    alias = f"as {alias}_*" if alias else ""
    text = MODULE.format(source=source, alias=alias, prefix=prefix, all=name, result=result)
    (folder / "Snakefile").write_text(text)


def test_a_module_of_another_workflow(study, tmp_path, finished, settings):
    """Under other names and in another folder, so that a workflow may hold two studies."""
    work = tmp_path / "other"
    work.mkdir()
    prefix = 'prefix: "meg"'
    module(work, repr(str(study.path / "Snakefile")), "meg", prefix, f"meg/{RESULT}")
    planned = steps(snakemake(work, "--configfile", settings, "--dry-run"))
    expected = {f"meg_{name}": n for name, n in steps(study.snakemake("--dry-run")).items()}
    del expected["meg_all"], expected["meg_total"], planned["total"]
    assert planned == expected | {"last": "1"}
    done = snakemake(work, "--configfile", settings, "--cores", "2", f"meg/{RESULT}")
    assert done.returncode == 0, done.stdout + done.stderr
    assert same(work / "meg" / RESULT, finished)
    assert not (work / "results").exists()


@pytest.fixture
def hosted(study, tmp_path):
    """What stands for a repository of a git host, its commit, and the environment that says so."""
    if not shutil.which("git"):
        pytest.skip("there is no git")
    repository = tmp_path / "hosted"
    repository.mkdir()
    for name in PROJECT:
        shutil.move(study.path / name, repository / name)
    (repository / ".gitignore").write_text("__pycache__/\n")
    user = ["-c", "user.name=A", "-c", "user.email=a@b.org", "-c", "commit.gpgsign=false"]
    for words in (["init"], ["add", "."], ["commit", "--message", "One"], ["tag", "v1"]):
        command = ["git", *user, "-C", str(repository), *words]
        subprocess.run(command, check=True, capture_output=True)
    environment = {
        "XDG_CACHE_HOME": str(tmp_path / "cache"),
        "GIT_CONFIG_COUNT": "1",
        "GIT_CONFIG_KEY_0": f"url.file://{repository}.insteadOf",
        "GIT_CONFIG_VALUE_0": "https://github.com/someone/restmeg",
    }
    return repository, environment


def test_a_module_of_a_tag_on_a_git_host(hosted, tmp_path, finished, settings):
    """The package comes along, and what was fetched once is used without a network."""
    repository, environment = hosted
    work = tmp_path / "other"
    work.mkdir()
    module(work, 'github("someone/restmeg", path="Snakefile", tag="v1")')
    options = ["--configfile", settings]
    done = snakemake(work, *options, "--cores", "2", RESULT, **environment)
    assert done.returncode == 0, done.stdout + done.stderr
    assert same(work / RESULT, finished)
    (checkout,) = tmp_path.glob("cache/**/source-cache/restmeg/*/workflow")
    assert provenance.commit(checkout) == {"commit": checkout.parent.name, "clean": True}

    repository.rename(tmp_path / "gone")
    again = snakemake(work, *options, "--dry-run", RESULT, **environment)
    assert "Nothing to be done" in again.stdout + again.stderr


BOTH = """
rule both:
    input: rules.meg_all.input, rules.two_all.input
    default_target: True
"""


def test_readme_s_module(hosted, tmp_path, settings):
    """Two studies in one workflow: the recipe, and once more under another name."""
    text = (ROOT / "README.md").read_text()
    recipe = textwrap.dedent(re.search(r"\n\n( {4}module restmeg:\n(?: {4}.*\n|\n)+)", text)[1])
    recipe = recipe.replace("OWNER", "someone").replace("v0.1.0", "v1")
    other = recipe.replace("restmeg:", "second:").replace("from restmeg", "from second")
    work = tmp_path / "other"
    work.mkdir()
    other = other.replace("meg_", "two_").replace('"meg"', '"two"')
    (work / "Snakefile").write_text(f"{recipe}\n{other}\n{BOTH}")
    found = yaml.safe_load(settings.read_text())
    second = found | {"simulation": found["simulation"] | {"replicates": 2}}
    (work / "config.yaml").write_text(yaml.safe_dump({"meg": found, "two": second}))
    planned = steps(snakemake(work, "--configfile", "config.yaml", "--dry-run", **hosted[1]))
    assert (planned["meg_simulate"], planned["two_simulate"]) == ("3", "2")


def test_a_workflow_that_is_named_by_its_git_host(hosted, tmp_path, settings):
    work = tmp_path / "other"
    work.mkdir()
    options = ["--snakefile", "gh:someone/restmeg@v1", "--configfile", settings]
    assert "simulate" in steps(snakemake(work, *options, "--dry-run", **hosted[1]))


def test_single_files_from_the_web_are_refused_in_one_line(study, tmp_path, settings):
    """There the package would be missing."""
    handler = functools.partial(http.server.SimpleHTTPRequestHandler, directory=study.path)
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        address = f"http://127.0.0.1:{server.server_port}/Snakefile"
        quiet = {"no_proxy": "127.0.0.1", "XDG_CACHE_HOME": str(tmp_path / "cache")}
        done = snakemake(
            tmp_path, "--snakefile", address, "--configfile", settings, "--dry-run", **quiet
        )
        server.shutdown()
    assert done.returncode == 1
    assert "no folder; expected a checkout, or github(...) or gitlab(...)" in done.stderr
    assert "Traceback" not in done.stderr
