"""The sandbox as a whole: one folder, one Asterisk, one agent.

```
DIR/state.json   choices that outlive a stop: ports, secrets, what the root was made from
DIR/lock         held by whoever changes the sandbox
DIR/root/        this sandbox's own copy of the Debian root, with the bundle installed
DIR/data/        the agent's database and recordings
DIR/logs/        agent.log, vendors.log, pbx.log, install.log, asterisk -> the PBX's own logs
DIR/run/         the agent's sockets (under /run when DIR's path is too long for one)
```
"""

from __future__ import annotations

import hashlib
import os
import subprocess
from collections.abc import Callable, Mapping, Sequence
from contextlib import AbstractContextManager
from pathlib import Path

from installer.sandbox import folder, processes, report, rootfs
from installer.sandbox.agent import PART as AGENT_PART
from installer.sandbox.agent import Agent, program
from installer.sandbox.control_env import with_control
from installer.sandbox.errors import SandboxError, StartError
from installer.sandbox.pbx.instance import Pbx, PortsTakenError
from installer.sandbox.pbx.render import PbxSettings, render
from installer.sandbox.ports import PortBlock, PortRegistry
from installer.sandbox.profile import PROFILES, SIMULATED, agent_env
from installer.sandbox.state import State, load, save
from installer.sandbox.vendors import SimulatedVendors

QUEUE = "reception"
ROUTING = True
"""Whether the controller is asked over ARI where each call goes."""
_SAMPLE_DIDS = ["441632960001"]  # of the sample company, for a PBX that runs without the agent
_PORT_ATTEMPTS = 3


def default_directory() -> Path:
    """Return `.sandbox` of the checkout this code runs from, else a folder in the user's state."""
    checkout = Path(__file__).resolve().parents[2]
    if (checkout / "pyproject.toml").exists():
        return checkout / ".sandbox"
    xdg = os.environ.get("XDG_STATE_HOME")
    base = Path(xdg) if xdg and Path(xdg).is_absolute() else Path.home() / ".local/state"
    return base / "voiceagent" / "sandbox"


class Sandbox:
    """A private Asterisk on loopback with the bundle installed and the agent running.

    Args:
        directory: Its folder; need not exist before `up`.
        say: Told what is going on, one line each, when something takes long.
    """

    def __init__(self, directory: Path, say: Callable[[str], None] = lambda line: None) -> None:
        self.directory = directory.expanduser().resolve()
        self.root = self.directory / "root"
        self.logs = self.directory / "logs"
        self.agent = Agent(self.directory, self.logs / "agent.log")
        self.vendors = SimulatedVendors(self.directory, self.logs / "vendors.log")
        self.pbx = Pbx(self.directory, self.root, self.logs / "pbx.log", self.agent.run_dir)
        self._say = say

    # ---- the three commands ----

    def up(
        self,
        *,
        with_agent: bool = True,
        env: Mapping[str, str] | None = None,
        profile: str = PROFILES[0],
    ) -> dict[str, object]:
        """Start what does not run, and return when calls can be placed.

        Args:
            with_agent: Whether the agent is to run; False leaves one that runs alone.
            env: The agent's environment if it has to be started; this process's by default.
            profile: Which vendors the agent talks to; an agent with another one is replaced.

        Returns:
            The contract of `voiceagent sandbox up --json`.

        Raises:
            SandboxError: In one line, why not.
        """
        rootfs.check_machine()
        if with_agent:  # a key that is missing is said now, not after a minute of building
            agent_env(profile, os.environ if env is None else env, vendors_port=0)
        folder.take(self.directory)
        with self._locked():
            state = load(self.directory) or State()
            save(self.directory, state)
            self._make_logs()
            self._up_pbx(state)
            if with_agent and not self._is_agent_as_wanted(state, profile):
                state.profile = profile
                save(self.directory, state)
                self._start_agent(state, env)
            return self._endpoints(state)

    def down(self, *, purge: bool = False) -> bool:
        """Stop everything; True if anything ran.

        Args:
            purge: Also delete the folder's content and give the ports back.

        Raises:
            SandboxError: If a process is still there afterwards.
        """
        if not (self.directory / "state.json").exists():
            if purge and self.directory.is_dir():
                raise SandboxError(f"{self.directory} holds no sandbox", "nothing was deleted")
            return self._stop_all()
        with self._locked():
            ran = self._stop_all()
            if purge:
                self._purge()
        return ran

    def status(self) -> dict[str, object]:
        """Return what runs: "state" ("up", "degraded" or "down"), the parts, the endpoints."""
        state = load(self.directory)
        found = processes.find(self.directory)
        if state is None or state.port_base is None:
            return {"state": report.whole(False, False, found), "dir": str(self.directory)}
        pbx_ready = self.pbx.is_ready(self._settings(state), _SAMPLE_DIDS[0])
        agent_ready = self.agent.is_healthy(self._ports(state))
        ports = self._ports(state)
        asterisk = {process.name: process.pid for process in self.pbx.asterisk()}
        return {
            "state": report.whole(pbx_ready, agent_ready, found),
            "dir": str(self.directory),
            "profile": state.profile,
            "pbx": report.part(pbx_ready, asterisk, found),
            "agent": report.part(agent_ready, self.agent.pids(), found),
            **self._vendors_part(ports, found),
            "endpoints": self._endpoints(state),
        }

    # ---- pieces, for tests that break one part ----

    def start_agent(self, env: Mapping[str, str] | None = None) -> None:
        """Start the agent afresh, stopping one that runs; returns when it is healthy."""
        with self._locked():
            self._start_agent(self._state(), env)

    def stop_agent(self) -> None:
        """Stop the agent; the PBX goes on."""
        with self._locked():
            self.agent.stop()
            self.vendors.stop()

    def stop_pbx(self) -> None:
        """Stop Asterisk; the agent goes on."""
        with self._locked():
            self.pbx.stop()

    def ports(self) -> PortBlock:
        """Return the ports of a sandbox that has been up."""
        return self._ports(self._state())

    def ami_login(self) -> tuple[str, str]:
        """Return user and secret of the PBX administrator's manager account."""
        return "sandbox", self._state().ami_secret

    def ari_login(self) -> tuple[str, str]:
        """Return user and password of the PBX administrator's ARI account."""
        return "sandbox", self._state().ari_password

    def agent_ami_login(self) -> tuple[str, str]:
        """Return user and secret of the bundle's manager account."""
        return "voiceagent", self._state().agent_ami_secret

    def agent_ari_login(self) -> tuple[str, str]:
        """Return user and password of the bundle's ARI account."""
        return "voiceagent", self._state().agent_ari_password

    def endpoints(self) -> dict[str, object]:
        """Return the contract of `voiceagent sandbox up --json` without starting anything."""
        return self._endpoints(self._state())

    def agent_settings(self, env: Mapping[str, str]) -> dict[str, str]:
        """Return the environment the agent is given, running or not.

        Args:
            env: What the agent's environment is made from.
        """
        state, ports = self._state(), self.ports()
        wanted = self._agent_env(state, env)
        _, group = self.pbx.asterisk_ids()
        return {**wanted, **self.agent.placed(ports, group)}

    # ---- how ----

    def _up_pbx(self, state: State) -> None:
        if state.port_base is not None and self.pbx.is_ready(
            self._settings(state), _SAMPLE_DIDS[0]
        ):
            return
        self.pbx.stop()  # half of one may be left
        image = rootfs.ensure_image(self._say)
        taken: set[int] = set()
        for _ in range(_PORT_ATTEMPTS):
            self._choose_ports(state, taken)
            self._prepare_root(state, image)
            self._install_bundle(state)
            self.pbx.start()
            try:
                self.pbx.wait_ready(self._settings(state), _SAMPLE_DIDS[0])
                return
            except PortsTakenError as error:
                failure = error
                self._stop_all()
                taken.add(self._ports(state).base)
            except StartError:
                self.pbx.stop()
                raise
        raise failure

    def _choose_ports(self, state: State, taken: set[int]) -> None:
        # While the agent runs it holds its ports of the block, which therefore is ours.
        if state.port_base is not None and processes.find(self.directory, AGENT_PART):
            return
        registry = PortRegistry(rootfs.cache_dir())
        state.port_base = registry.claim(self.directory, state.port_base, taken).base
        save(self.directory, state)

    def _prepare_root(self, state: State, image: Path) -> None:
        settings = self._settings(state)
        key = hashlib.sha256(image.name.encode())
        for name, content in render(settings).items():
            key.update(name.encode() + b"\0" + content)
        wanted = key.hexdigest()
        if state.root_key == wanted and self.root.is_dir():
            return
        state.root_key = ""
        save(self.directory, state)
        rootfs.copy_image(image, self.root)
        self.pbx.write_files(settings)
        state.root_key = wanted
        save(self.directory, state)

    def _install_bundle(self, state: State) -> None:
        command = [str(program("voiceagent-install")), "--root", str(self.root), "--yes"]
        command += ["--queue", QUEUE, "--agi-port", str(self._ports(state).agi)]
        command += ["--extensions-context", "phones", "--outside-context", "outside"]
        command += ["--routing" if ROUTING else "--no-routing", "--no-service"]
        done = subprocess.run(
            command,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            # Not on the command line, where every user of this machine could read them.
            env={
                **os.environ,
                "VOICEAGENT_AMI_SECRET": state.agent_ami_secret,
                "VOICEAGENT_ARI_PASSWORD": state.agent_ari_password,
            },
        )
        (self.logs / "install.log").write_text(done.stdout)
        if done.returncode != 0:
            said = done.stdout.strip().split("\n")[-1]
            raise StartError("voiceagent-install failed", f"{said} (see {self.logs}/install.log)")

    def _is_agent_as_wanted(self, state: State, profile: str) -> bool:
        ports = self._ports(state)
        vendors_ready = profile != SIMULATED or self.vendors.are_ready(ports.vendors)
        return state.profile == profile and vendors_ready and self.agent.is_healthy(ports)

    def _vendors_part(
        self, ports: PortBlock, found: Sequence[processes.Process]
    ) -> dict[str, dict[str, object]]:
        if not (pids := self.vendors.pids()):
            return {}
        return {"vendors": report.part(self.vendors.are_ready(ports.vendors), pids, found)}

    def _start_agent(self, state: State, env: Mapping[str, str] | None) -> None:
        given = os.environ if env is None else env
        ports = self._ports(state)
        wanted = self._agent_env(state, given)
        self.agent.stop()
        self.vendors.stop()
        if state.profile == SIMULATED:
            self.vendors.start(ports.vendors, given)
        _, group = self.pbx.asterisk_ids()
        self.agent.start(ports, wanted, group)
        try:
            self.agent.wait_healthy(ports)
        except StartError:
            self.agent.stop()  # its supervisor would go on trying, unwatched
            self.vendors.stop()
            raise

    def _agent_env(self, state: State, given: Mapping[str, str]) -> dict[str, str]:
        ports = self._ports(state)
        return with_control(
            agent_env(state.profile, {"VOICEAGENT_QUEUE": QUEUE, **given}, ports.vendors),
            ports,
            self.root,
            state.agent_ami_secret,
            state.agent_ari_password,
        )

    def _stop_all(self) -> bool:
        found = processes.find(self.directory)
        # The PBX first: the agent then sees its calls end and can finish their records.
        self.pbx.stop()
        self.agent.stop()
        self.vendors.stop()
        if left := processes.find(self.directory):
            pids = ", ".join(str(process.pid) for process in left)
            raise SandboxError(f"processes that do not end: {pids}", "look at them with ps")
        return bool(found)

    def _purge(self) -> None:
        # Whoever is killed in here leaves a sandbox that knows that its root is no good.
        if state := load(self.directory):
            state.root_key = ""
            save(self.directory, state)
        PortRegistry(rootfs.cache_dir()).release(self.directory)
        rootfs.remove_tree(self.agent.run_dir)
        folder.delete(self.directory)

    def _make_logs(self) -> None:
        self.logs.mkdir(exist_ok=True)
        shortcut = self.logs / "asterisk"
        if not shortcut.is_symlink():
            shortcut.symlink_to("../root/var/log/asterisk")

    def _locked(self) -> AbstractContextManager[None]:
        return folder.locked(self.directory, self._say)

    def _state(self) -> State:
        state = load(self.directory)
        if state is None or state.port_base is None:
            raise SandboxError(f"{self.directory} holds no sandbox", "run `voiceagent sandbox up`")
        return state

    def _ports(self, state: State) -> PortBlock:
        if state.port_base is None:
            raise SandboxError("the sandbox has no ports yet", "run `voiceagent sandbox up`")
        return PortBlock(state.port_base)

    def _settings(self, state: State) -> PbxSettings:
        ports = self._ports(state)
        return PbxSettings(
            sip_port=ports.sip,
            ami_port=ports.ami,
            ari_port=ports.ari,
            rtp_start=ports.rtp_start,
            rtp_end=ports.rtp_end,
            desks=(ports.desk(0), ports.desk(1), ports.desk(2), ports.desk(3)),
            ami_secret=state.ami_secret,
            ari_password=state.ari_password,
            queue=QUEUE,
        )

    def _endpoints(self, state: State) -> dict[str, object]:
        ports = self._ports(state)
        told = (self.agent.health(ports) or {}).get("dids")
        dids = [str(did) for did in told] if isinstance(told, list) else _SAMPLE_DIDS
        return report.endpoints(ports, dids, self.logs)
