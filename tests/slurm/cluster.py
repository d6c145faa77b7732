"""A Slurm cluster of one node on this machine, for as long as the tests run.

Everything that it needs lies in a directory of its own: configuration, key and socket of munge,
state and logs. Neither root nor cgroups are needed, and a cluster that this machine may be part
of is not touched.
"""

import os
import secrets
import shutil
import socket
import subprocess
import tempfile
import time
from pathlib import Path

PROGRAMS = ("munged", "slurmctld", "slurmd", "sbatch", "srun", "squeue", "scontrol", "scancel")
SEARCHED = os.pathsep.join([os.environ.get("PATH", os.defpath), "/usr/sbin", "/sbin"])
CONFIGURATION = """\
ClusterName=tests
SlurmctldHost={host}(127.0.0.1)
SlurmUser={user}
SlurmdUser={user}
AuthType=auth/munge
AuthInfo=socket={folder}/munge.socket
SlurmctldPort={ports[0]}
SlurmdPort={ports[1]}
StateSaveLocation={folder}/state
SlurmdSpoolDir={folder}/spool
SlurmctldPidFile={folder}/slurmctld.pid
SlurmdPidFile={folder}/slurmd.pid
MailProg=/bin/true
MpiDefault=none
SwitchType=switch/none
ProctrackType=proctrack/linuxproc
TaskPlugin=task/none
SelectType=select/cons_tres
SelectTypeParameters=CR_CPU_Memory
# Memory is looked at each second, and a job over its own is killed; without cgroups.
JobAcctGatherType=jobacct_gather/linux
JobAcctGatherFrequency=task=1
JobAcctGatherParams=OverMemoryKill
AccountingStorageType=accounting_storage/none
# A job is told that its time is over, and killed so many s later.
KillWait=2
ReturnToService=2
SchedulerParameters=batch_sched_delay=0,sched_min_interval=200000
SlurmdParameters=config_overrides
NodeName=node NodeHostname={host} NodeAddr=127.0.0.1 CPUs=4 RealMemory=16000
PartitionName=all Nodes=node Default=YES MaxTime=INFINITE State=UP
"""


def missing() -> list[str]:
    """Programs of Slurm that are not installed."""
    return [name for name in PROGRAMS if not shutil.which(name, path=SEARCHED)]


def _free_ports(count):
    taken = [socket.socket() for _ in range(count)]
    for one in taken:
        one.bind(("127.0.0.1", 0))
    found = [one.getsockname()[1] for one in taken]
    for one in taken:
        one.close()
    return found


class Cluster:
    """Daemons that are started by ``start`` and ended by ``stop``."""

    def __init__(self) -> None:
        self.folder = Path(tempfile.mkdtemp(prefix="slurm-tests-"))
        self.folder.chmod(0o755)  # munge wants its socket where all may reach it
        self.environment = os.environ | {
            "PATH": f"{self.folder}/bin{os.pathsep}{SEARCHED}",
            "SLURM_CONF": str(self.folder / "slurm.conf"),
        }
        self.daemons: list[subprocess.Popen] = []

    def start(self) -> None:
        """Start all daemons and wait until jobs can run; AssertionError if they never can."""
        for name in ("state", "spool"):
            (self.folder / name).mkdir()
        key = self.folder / "munge.key"
        key.write_bytes(secrets.token_bytes(128))
        key.chmod(0o400)
        host = socket.gethostname().split(".")[0]
        user = subprocess.check_output(["id", "-un"], text=True).strip()
        text = CONFIGURATION.format(host=host, user=user, folder=self.folder, ports=_free_ports(2))
        (self.folder / "slurm.conf").write_text(text)
        self._srun()
        files = [f"--key-file={key}", f"--socket={self.folder}/munge.socket"]
        files += [f"--{kind}-file={self.folder}/munged.{kind}" for kind in ("pid", "log", "seed")]
        self._daemon("munged", "--foreground", "--force", *files)
        self._wait(lambda: (self.folder / "munge.socket").exists())
        self._daemon("slurmctld", "-D", "-i")
        self._daemon("slurmd", "-D", "-N", "node")
        self._wait(lambda: self("sinfo", "-h", "-o", "%T") == "idle")

    def _srun(self):
        """Let srun find this cluster within jobs: the executor takes SLURM_CONF from them."""
        path = self.folder / "bin/srun"
        path.parent.mkdir()
        real = shutil.which("srun", path=SEARCHED)
        path.write_text(f'#!/bin/sh\nSLURM_CONF={self.folder}/slurm.conf exec {real} "$@"\n')
        path.chmod(0o755)

    def _daemon(self, *command):
        with (self.folder / f"{command[0]}.out").open("w") as out:
            self.daemons.append(
                subprocess.Popen(
                    command, env=self.environment, cwd=self.folder, stdout=out, stderr=out
                )
            )

    def _wait(self, condition):
        end = time.monotonic() + 60
        while not condition():
            assert time.monotonic() < end, self.said()
            time.sleep(0.1)

    def said(self) -> str:
        """What the daemons said."""
        return "\n".join(path.read_text() for path in sorted(self.folder.glob("*.out")))

    def __call__(self, *command: str) -> str:
        """What a command of Slurm says."""
        done = subprocess.run(
            command, env=self.environment, capture_output=True, text=True, check=False
        )
        return done.stdout.strip()

    def stop(self) -> None:
        """End jobs and daemons."""
        self("scancel", "--partition", "all")
        end = time.monotonic() + 10
        while self("squeue", "-h") and time.monotonic() < end:
            time.sleep(0.2)
        for daemon in reversed(self.daemons):
            daemon.terminate()
            try:
                daemon.wait(10)
            except subprocess.TimeoutExpired:
                daemon.kill()
                daemon.wait()
        shutil.rmtree(self.folder, ignore_errors=True)
