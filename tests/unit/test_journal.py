import contextlib

import numpy as np
import pytest
from restmeg import InputError, connectome, journal, simulation

LABELS = np.array([f"R{k}" for k in range(8)], dtype=object)
TIMES = {
    "dt": 0.1,
    "duration": 300.0,
    "transient": 20.0,
    "sampling_interval": 0.1,
    "method": "exponential_euler",
}


@pytest.fixture
def study(tmp_path, example, model, monkeypatch):
    """A callable that simulates three replicates, as a long job would, in pieces of 70 samples."""
    source = tmp_path / "connectome.nc"
    connectome.write(source, connectome.Connectome(*example, LABELS), "x")
    monkeypatch.setattr(simulation.store, "piece_length", lambda width: 70)

    def simulate(name="activity.nc", long=True, changes=None):
        monkeypatch.setattr(simulation, "LONG", 0 if long else 2**40)
        monkeypatch.setattr(journal, "INTERVAL", 3 * 70 * 8)  # a state after each three pieces
        path = tmp_path / name
        simulation.simulate_batch(
            source, model | (changes or {}), TIMES, 1, "simulated", "p0", [0, 4, 5], path
        )
        return path.read_bytes()

    return simulate


class Stopped(BaseException):
    """As a keyboard interrupt or a kill would stop it."""


def stop_after(monkeypatch, calls):
    """Let `simulation.run` stop the job; returns the calls made, to look at afterwards."""
    run, made = simulation.run, []

    def stopping(*arguments, **options):
        if len(made) == calls:
            raise Stopped
        made.append(arguments)
        return run(*arguments, **options)

    monkeypatch.setattr(simulation, "run", stopping)
    return made


def test_a_second_process_is_kept_out(study, tmp_path):
    """It says so, and what the first one does comes to its end."""
    path = tmp_path / "activity.nc"
    with journal.Journal(path, [(70, 8)], "of another process"):
        with pytest.raises(InputError, match=r"activity\.nc: another process is making it"):
            study()
        assert hidden(tmp_path) == [".activity.nc.pieces"]
    assert study() == study("whole.nc", long=False)


def test_pieces_of_another_length_are_not_gone_on_with(study, monkeypatch):
    with monkeypatch.context() as patch:
        stop_after(patch, 60)
        with pytest.raises(Stopped):
            study()
    monkeypatch.setattr(simulation.store, "piece_length", lambda width: 50)
    assert study() == study("whole.nc", long=False)


def test_a_study_made_shorter_leaves_nothing_of_the_longer_one(study, tmp_path, monkeypatch):
    with monkeypatch.context() as patch:
        stop_after(patch, 60)
        with pytest.raises(Stopped):
            study()
    study(long=False)
    assert hidden(tmp_path) == []


def hidden(folder):
    return sorted(path.name for path in folder.glob(".*"))


@pytest.mark.parametrize("calls", [1, 5, 17, 43, 44, 60, 120])
def test_a_stopped_job_goes_on_to_the_same_bytes(study, tmp_path, monkeypatch, calls):
    expected = study("whole.nc", long=False)
    with monkeypatch.context() as patch:
        made = stop_after(patch, calls)
        with pytest.raises(Stopped):
            study()
    assert not (tmp_path / "activity.nc").exists()
    before = len(made)
    with monkeypatch.context() as patch:
        made = stop_after(patch, None)
        assert study() == expected
    # 40 pieces and 3 of the transient for each replicate; three pieces at most are done twice.
    assert before + len(made) <= 3 * 43 + 3 + 3
    assert hidden(tmp_path) == []


def test_what_a_kill_leaves_behind_the_last_state_is_forgotten(study, tmp_path, monkeypatch):
    expected = study("whole.nc", long=False)
    with monkeypatch.context() as patch:
        stop_after(patch, 60)
        with pytest.raises(Stopped):
            study()
    with (tmp_path / ".activity.nc.pieces").open("ab") as file:
        file.write(b"half a part")
    assert study() == expected


def test_a_lost_or_broken_file_starts_the_job_anew(study, tmp_path, monkeypatch):
    expected = study("whole.nc", long=False)
    for damage in (
        lambda: (tmp_path / ".activity.nc.pieces").write_bytes(b""),
        lambda: (tmp_path / ".activity.nc.state").write_bytes(b"PK\x03\x04 no archive"),
        lambda: (tmp_path / ".activity.nc.state").write_bytes(b""),
        lambda: (tmp_path / ".activity.nc.pieces").unlink(),
    ):
        with monkeypatch.context() as patch:
            stop_after(patch, 60)
            with pytest.raises(Stopped):
                study()
        damage()
        assert study() == expected


def test_another_model_does_not_go_on(study, monkeypatch):
    with monkeypatch.context() as patch:
        stop_after(patch, 60)
        with pytest.raises(Stopped):
            study()
    changes = {"coupling_strength": 0.5}
    assert study(changes=changes) == study("whole.nc", long=False, changes=changes)


@pytest.mark.filterwarnings("ignore:simulated")
def test_activity_that_diverges_goes_on_as_nothing(study, monkeypatch, model):
    """Also where it was stopped after that, a long time before the replicate's end."""
    wild = {"parameters": model["parameters"] | {"r": -1000.0}}
    expected = study("whole.nc", long=False, changes=wild)
    for calls in (3, 5, 8):
        with monkeypatch.context() as patch:
            stop_after(patch, calls)
            with contextlib.suppress(Stopped):
                study(changes=wild)
        assert study(changes=wild) == expected
