"""The files that start Recueil on servers are ones that those programs take."""

import re
import shutil
import subprocess
from pathlib import Path

import pytest

from tests.installation import ROOT
from webapp.config import Settings
from webapp.deployment.printed import FILES, Kind, printed

SAFE = Settings(
    base_url="https://recueil.exemple.fr",
    secret_key="qT7v0mJd3RkWn5sYbZ8eXc1uGh4pLf6aNi2oKr9tMw",
    mail_url="smtp://127.0.0.1",
)


def text(kind: Kind) -> str:
    return printed(kind, SAFE, root=ROOT)


@pytest.mark.parametrize("kind", Kind)
def test_every_file_is_filled(kind: Kind) -> None:
    assert not re.search(r"@[A-Z]+@", text(kind))
    assert (FILES / kind).is_file()


def test_the_address_is_the_one_of_the_settings() -> None:
    for kind in (Kind.NGINX, Kind.CADDY, Kind.COMPOSE, Kind.ENVIRONMENT):
        assert "recueil.exemple.fr" in text(kind)
    assert "recueil.exemple.fr" not in printed(Kind.NGINX, Settings(), root=ROOT)


def test_each_time_another_key_is_drawn() -> None:
    keys = {re.search("RECUEIL_SECRET_KEY=(.+)", text(Kind.ENVIRONMENT)) for _ in range(2)}
    assert len({found[1] for found in keys if found}) == 2


def test_the_environment_names_settings_that_exist() -> None:
    named = set(re.findall(r"^(RECUEIL_[A-Z_]+)=", text(Kind.ENVIRONMENT), re.MULTILINE))
    assert named <= {f"RECUEIL_{name.upper()}" for name in Settings.model_fields}


def test_systemd_takes_its_units(tmp_path: Path) -> None:
    verify = shutil.which("systemd-analyze")
    if verify is None:
        pytest.skip("no systemd here")
    units = re.split(r"^# --- (\S+).*$", text(Kind.SYSTEMD), flags=re.MULTILINE)
    written = []
    for place, unit in zip(units[1::2], units[2::2], strict=True):
        if place.endswith(".service"):
            # Accounts of the server are not on the machine of the tests, nor is the command where it will be.
            unit = re.sub(r"^(User|Group)=.*$", r"\1=root", unit, flags=re.MULTILINE)
            unit = re.sub(r"^(ExecStart(?:Pre)?=)\S+", r"\1/bin/true", unit, flags=re.MULTILINE)
            path = tmp_path / Path(place).name.replace("@.", "@1.")
            path.write_text(unit, "utf-8")
            written.append(str(path))
    assert len(written) == 2
    done = subprocess.run([verify, "verify", "--man=no", *written], capture_output=True, text=True, check=False)
    wrong = [line for line in done.stderr.splitlines() if str(tmp_path) in line]
    assert (done.returncode, wrong) == (0, []), done.stderr


def test_the_units_and_the_image_run_commands_that_exist() -> None:
    commands = {path.stem.rstrip("_") for path in (ROOT / "webapp" / "commands").glob("*.py")}
    run = re.findall(r"^ExecStart(?:Pre)?=\S+ (\w+)", text(Kind.SYSTEMD), re.MULTILINE)
    run += re.findall(r'command: \["(serve|worker|migrate)"', text(Kind.COMPOSE))
    assert set(run) == {"serve", "worker", "migrate"} <= commands


def test_the_compose_file_is_yaml_whose_services_depend_on_each_other() -> None:
    yaml = pytest.importorskip("yaml")
    said = yaml.safe_load(text(Kind.COMPOSE))
    services = said["services"]
    assert set(services) == {"postgresql", "redis", "migrate", "web", "worker", "proxy"}
    assert {services[name]["deploy"]["replicas"] for name in ("web", "worker")} == {2}
    for service in services.values():
        assert set(service.get("depends_on", ())) <= set(services)
        named = {volume.partition(":")[0] for volume in service.get("volumes", ())}
        assert named <= set(said["volumes"])
