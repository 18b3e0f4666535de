"""How does a person tell the command who they are? login, logout."""

from typing import Annotated

import typer

from ledger.cli.acting import logins
from ledger.cli.shared import out, settings


def add_to(app: typer.Typer) -> None:
    app.command()(login)
    app.command()(logout)


def login(
    browser: Annotated[
        bool, typer.Option("--browser", help="By the browser of this computer, without a code")
    ] = False,
) -> None:
    """Log in at the identity provider (VLEDGER_OIDC_ISSUER) 登录: by a code on any device."""
    person = logins().log_in(
        settings(None),
        lambda line: typer.echo(line),
        browser=browser,
    )
    out.print(f"Logged in as {person.name}. `vledger access whoami` shows what you may do.")


def logout() -> None:
    """Forget the login, here and at the identity provider 退出."""
    logins().log_out(settings(None))
    out.print("Logged out.")
