"""The files that start Recueil on servers are ones that those programs take."""

import re
import shutil
import subprocess
import time
from contextlib import closing, suppress
from http.client import HTTPConnection
from pathlib import Path

import pytest
import yaml

from tests.installation import ROOT
from tests.servers import free_port
from tests.webapp.edges import Answer
from tests.webapp.test_cli import recueil
from webapp import serving
from webapp.config import Settings
from webapp.deployment.printed import FILES, Kind, printed
from webapp.worker import LEAVE_SECONDS

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
    assert "server_name a.exemple.fr;" in printed(Kind.NGINX, Settings(), root=ROOT, host="a.exemple.fr")


def test_a_file_is_printed_without_anything_being_made(tmp_path: Path) -> None:
    done = recueil("deployment", "environment", "--host", "a.exemple.fr", folder=tmp_path)
    assert (done.returncode, done.stderr) == (0, "")
    assert "RECUEIL_BASE_URL=https://a.exemple.fr\n" in done.stdout
    assert list(tmp_path.iterdir()) == []


def test_each_time_another_key_is_drawn() -> None:
    keys = {re.search("RECUEIL_SECRET_KEY=(.+)", text(Kind.ENVIRONMENT)) for _ in range(2)}
    assert len({found[1] for found in keys if found}) == 2


SETTINGS = {f"RECUEIL_{name.upper()}" for name in Settings.model_fields}


def test_settings_that_are_named_exist() -> None:
    named = set(re.findall(r"^(RECUEIL_[A-Z_]+)=", text(Kind.ENVIRONMENT), re.MULTILINE))
    assert {"RECUEIL_BASE_URL", "RECUEIL_BACKUPS", "RECUEIL_MAIL_FROM"} <= named <= SETTINGS
    named = {name for kind in Kind for name in re.findall(r"\bRECUEIL_[A-Z_]+", text(kind))}
    assert named - SETTINGS == {"RECUEIL_POSTGRESQL_PASSWORD"}


def test_a_shell_and_the_program_read_the_environment_as_it_is_meant(tmp_path: Path) -> None:
    (tmp_path / "recueil.env").write_text(text(Kind.ENVIRONMENT), "utf-8")
    script = 'set -a; . ./recueil.env; printf "%s\\n%s" "$RECUEIL_MAIL_FROM" "$RECUEIL_MAIL_URL"'
    done = subprocess.run(["sh", "-euc", script], cwd=tmp_path, capture_output=True, text=True, check=True)
    assert done.stdout.splitlines() == [
        "Recueil <ne-pas-repondre@recueil.exemple.fr>",
        "smtp://COMPTE:MOT_DE_PASSE@COURRIER:587?starttls=1",
    ]


def test_a_program_in_a_home_can_be_read_there() -> None:
    for root, said in (("/opt/recueil", "yes"), ("/home/recueil/recueil", "read-only")):
        assert f"ProtectHome={said}" in printed(Kind.SYSTEMD, SAFE, root=Path(root))


def test_the_image_is_made_of_what_the_program_is_and_nothing_else() -> None:
    copied = " ".join(re.findall(r"^COPY (.+) \S+$", text(Kind.DOCKERFILE), re.MULTILINE)).split()
    listed = subprocess.run(["git", "ls-files"], cwd=ROOT, capture_output=True, text=True, check=False)
    if listed.returncode:
        pytest.skip("not a git checkout")
    top = {line.partition("/")[0] for line in listed.stdout.splitlines()}
    assert {name.rstrip("/") for name in copied} == top - {".ci", ".gitignore", "tests"}


def test_the_limits_of_the_proxies_are_those_of_the_program() -> None:
    megabytes = serving.LARGEST_REQUEST // serving.MEGABYTE
    assert f"client_max_body_size {megabytes}m;" in text(Kind.NGINX)
    # Caddy breaks the line off (or says 502) where its own limit is passed; without one, our 413 comes through.
    assert "request_body" not in text(Kind.CADDY)


def test_a_proxy_lets_go_of_an_idle_line_before_the_program_does() -> None:
    for kind, said in (
        (Kind.NGINX, r"keepalive_timeout (\d+)s;"),
        (Kind.CADDY, r"keepalive (\d+)s\n"),
        (Kind.COMPOSE, r"keepalive (\d+)s\n"),
    ):
        [seconds] = re.findall(said, text(kind))
        assert int(seconds) < serving.SILENT_SECONDS


def test_a_database_that_is_away_for_all_makes_nginx_shut_nobody_out() -> None:
    [after] = re.findall(r"proxy_next_upstream ([^;]+);", text(Kind.NGINX))
    assert after.split() == ["error", "timeout"]


def test_caddy_takes_its_file_as_it_would_write_it(tmp_path: Path) -> None:
    caddy = shutil.which("caddy")
    if caddy is None:
        pytest.skip("no Caddy here")
    (tmp_path / "Caddyfile").write_text(text(Kind.CADDY) + "\n", "utf-8")
    given = {"cwd": tmp_path, "env": {"HOME": str(tmp_path)}, "capture_output": True, "text": True, "check": True}
    subprocess.run([caddy, "validate", "--adapter", "caddyfile", "--config", "Caddyfile"], **given)
    written = subprocess.run([caddy, "fmt", "Caddyfile"], **given).stdout
    assert written == text(Kind.CADDY) + "\n"


def test_the_proxy_of_the_containers_asks_all_of_them_and_caddy_takes_its_file(tmp_path: Path) -> None:
    proxy = yaml.safe_load(text(Kind.COMPOSE))["services"]["proxy"]
    written = proxy["environment"]["CADDYFILE"]
    assert written.startswith("recueil.exemple.fr {\n")
    assert "dynamic a web 8000" in written
    assert '"$$CADDYFILE"' in proxy["command"][-1]
    caddy = shutil.which("caddy")
    if caddy is not None:
        (tmp_path / "Caddyfile").write_text(written, "utf-8")
        command = [caddy, "validate", "--adapter", "caddyfile", "--config", "Caddyfile"]
        done = subprocess.run(command, cwd=tmp_path, env={"HOME": str(tmp_path)}, capture_output=True, check=False)
        assert done.returncode == 0, done.stderr.decode()


def test_nginx_takes_its_file(tmp_path: Path) -> None:
    nginx, openssl = shutil.which("nginx", path="/usr/sbin:/usr/bin"), shutil.which("openssl")
    if nginx is None or openssl is None:
        pytest.skip("no nginx here")
    for_days = ["-newkey", "rsa:2048", "-nodes", "-days", "1", "-subj", "/CN=recueil.exemple.fr"]
    named = ["-keyout", "privkey.pem", "-out", "fullchain.pem"]
    subprocess.run([openssl, "req", "-x509", *for_days, *named], cwd=tmp_path, capture_output=True, check=True)
    site = re.sub(r"/etc/letsencrypt/live/[^/]+", str(tmp_path), text(Kind.NGINX))
    # Ports that anybody may take: nginx binds them even to look at its file.
    site = site.replace("listen 80;", f"listen 127.0.0.1:{free_port()};").replace("listen [::]:80;", "")
    site = site.replace("listen 443 ", f"listen 127.0.0.1:{free_port()} ").replace("listen [::]:443 ssl http2;", "")
    whole = f"pid {tmp_path}/pid; error_log {tmp_path}/log; events {{}} http {{ access_log off; {site} }}"
    (tmp_path / "nginx.conf").write_text(whole, "utf-8")
    done = subprocess.run([nginx, "-t", "-c", tmp_path / "nginx.conf"], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr


@pytest.mark.parametrize("kind", [Kind.NGINX, Kind.CADDY])
def test_a_proxy_without_anybody_behind_it_says_so_in_french(tmp_path: Path, kind: Kind) -> None:
    port = free_port()
    address = f"127.0.0.1:{port}"
    behind = re.sub(r"127\.0\.0\.1:800[12]", f"127.0.0.1:{free_port()}", text(kind))
    if kind is Kind.NGINX:
        program, words = shutil.which("nginx", path="/usr/sbin:/usr/bin"), ["-c", "site", "-p", str(tmp_path)]
        upstream, _redirecting, served = re.split(r"^server \{$", behind, flags=re.MULTILINE)
        served = served.partition("client_max_body_size")[2].partition(";")[2]
        site = f"daemon off; pid {tmp_path}/pid; error_log {tmp_path}/log; events {{}}\n"
        site += f"http {{ access_log off; {upstream} server {{ listen {address}; {served} }}"
    else:
        program, words = shutil.which("caddy"), ["run", "--config", "site", "--adapter", "caddyfile"]
        site = "{\n\tadmin off\n\tauto_https off\n}\n" + re.sub(
            r"^recueil\S+ \{$", f"http://{address} {{", behind, flags=re.MULTILINE
        )
    if program is None:
        pytest.skip(f"no {kind} here")
    (tmp_path / "site").write_text(site, "utf-8")
    with subprocess.Popen(
        [program, *words], cwd=tmp_path, env={"HOME": str(tmp_path)}, stderr=subprocess.PIPE
    ) as proxy:
        try:
            answer = asked(address, proxy)
            assert (answer.status, answer.headers["Retry-After"]) == (503, "10")
            assert answer.headers["Content-Type"] == "text/html; charset=utf-8"
            assert "<h1>Le service est momentanément indisponible</h1>" in answer.body.decode()
        finally:
            proxy.terminate()


def asked(address: str, proxy: "subprocess.Popen[bytes]") -> Answer:
    """What the proxy answers, once it listens."""
    end = time.monotonic() + 60
    while time.monotonic() < end and proxy.poll() is None:
        with suppress(ConnectionRefusedError), closing(HTTPConnection(address, timeout=60)) as connection:
            connection.request("GET", "/fiches")
            answer = connection.getresponse()
            return Answer(answer.status, dict(answer.headers.items()), answer.read())
        time.sleep(0.05)
    raise AssertionError(proxy.stderr.read() if proxy.stderr else "")


def test_who_is_stopped_is_given_the_time_that_it_takes() -> None:
    web, worker = (part for part in text(Kind.SYSTEMD).split("# ---")[1:])
    services = yaml.safe_load(text(Kind.COMPOSE))["services"]
    leaving = serving.WARNING_SECONDS + serving.ENDING_SECONDS
    for name, unit, needed in (("web", web, leaving), ("worker", worker, LEAVE_SECONDS)):
        [given] = re.findall(r"^TimeoutStopSec=(\d+)$", unit, re.MULTILINE)
        assert needed < int(given)
        assert services[name]["stop_grace_period"] == f"{given}s"


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
    said = yaml.safe_load(text(Kind.COMPOSE))
    services = said["services"]
    assert set(services) == {"postgresql", "redis", "migrate", "web", "worker", "proxy"}
    assert {services[name]["deploy"]["replicas"] for name in ("web", "worker")} == {2}
    # The server that makes the database at first listens on its socket alone, and is stopped again.
    assert {"-h", "127.0.0.1"} <= set(services["postgresql"]["healthcheck"]["test"])
    for service in services.values():
        assert set(service.get("depends_on", ())) <= set(services)
        named = {volume.partition(":")[0] for volume in service.get("volumes", ())}
        assert named <= set(said["volumes"])
