"""`recueil routes`: every address that is answered."""

import json
from dataclasses import asdict

import click
from flask import Flask

from webapp.guard import acts_of
from webapp.limits import limits_of


@click.command("routes")
@click.option("--json", "as_json", is_flag=True, help="Une liste JSON.")
@click.pass_obj
def command(app: Flask, as_json: bool) -> None:
    """Lister les adresses, leurs méthodes, l’action qu’elles demandent ; en JSON, leurs limites."""
    routes = sorted(
        (
            {
                "rule": rule.rule,
                "methods": sorted((rule.methods or set()) - {"HEAD", "OPTIONS"}),
                "endpoint": rule.endpoint,
                "act": _act(app, rule.endpoint),
                **asdict(limits_of(app, rule.endpoint)),
            }
            for rule in app.url_map.iter_rules()
        ),
        key=lambda route: (route["rule"], route["methods"], route["endpoint"]),
    )
    if as_json:
        click.echo(json.dumps(routes, ensure_ascii=False, indent=1))
        return
    for route in routes:
        click.echo(f"{','.join(route['methods']):<12} {route['rule']:<55} {route['act'] or '–'}")


def _act(app: Flask, endpoint: str) -> str | None:
    return next((str(act) for act in acts_of(app, endpoint)), None)
