"""Are the manifests what Kubernetes takes, and do they name what this product has?"""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import kubernetes_validate
import pytest
import typer
import yaml

from ledger.cli import app
from ledger.settings import Settings

FOLDER = Path(__file__).parent.parent / "deploy" / "kubernetes"
KUSTOMIZATION = yaml.safe_load((FOLDER / "kustomization.yaml").read_text())
VERSION = "1.30"
SECRETS = {"vledger-database": {"VLEDGER_DB"}, "vledger-key": {"vledger.key"}}


def manifests() -> list[dict[str, Any]]:
    return [
        one
        for name in KUSTOMIZATION["resources"]
        for one in yaml.safe_load_all((FOLDER / name).read_text())
    ]


def pods() -> Iterator[tuple[dict[str, Any], dict[str, Any]]]:
    """Each workload, and the specification of its pods."""
    for one in manifests():
        if one["kind"] in ("Deployment", "Job"):
            yield one, one["spec"]["template"]["spec"]


@pytest.mark.parametrize("manifest", manifests(), ids=lambda one: one["metadata"]["name"])
def test_kubernetes_takes_them(manifest: dict[str, Any]) -> None:
    kubernetes_validate.validate(manifest, VERSION, strict=True)


def test_a_field_that_kubernetes_does_not_know_would_be_found() -> None:
    wrong = manifests()[0] | {"dta": {}}
    with pytest.raises(kubernetes_validate.ValidationError):
        kubernetes_validate.validate(wrong, VERSION, strict=True)


def test_all_that_is_there_is_applied() -> None:
    files = {one.name for one in FOLDER.glob("*.yaml")} - {"kustomization.yaml"}
    assert files == set(KUSTOMIZATION["resources"])


def test_they_name_settings_commands_ports_and_secrets_that_exist() -> None:
    [settings] = [one["data"] for one in manifests() if one["kind"] == "ConfigMap"]
    known = {f"VLEDGER_{name.upper()}" for name in Settings.model_fields}
    chosen = Settings(**{name.removeprefix("VLEDGER_").lower(): value
                         for name, value in settings.items()})  # fmt: skip
    commands = set(typer.main.get_group(app).commands)
    images = {one["name"] for one in KUSTOMIZATION["images"]}
    served = set()
    for workload, pod in pods():
        [container] = pod["containers"]
        own = {one["name"]: one["value"] for one in container.get("env", ())}
        assert own.keys() | settings.keys() <= known
        assert container["image"] in images
        assert container["args"][0] in commands
        sources = container["envFrom"]
        assert {"configMapRef": {"name": "vledger-settings"}} in sources
        secrets = {one["secretRef"]["name"] for one in sources if "secretRef" in one}
        mounted = {one["name"]: one for one in pod.get("volumes", ())}
        secrets |= {one["secret"]["secretName"] for one in mounted.values() if "secret" in one}
        assert secrets <= SECRETS.keys()
        if workload["kind"] == "Deployment":
            served.add(own["VLEDGER_SERVES"])
            [port] = container["ports"]
            assert chosen.metrics.endswith(f":{port['containerPort']}")
            places = {one["mountPath"]: one["name"] for one in container["volumeMounts"]}
            assert places[str(chosen.key.parent)] == "keys"
            assert chosen.key.name in SECRETS[mounted["keys"]["secret"]["secretName"]]
            assert workload["spec"]["replicas"] <= chosen.partitions
    assert served == {"attendance", "redemptions"}


def test_a_budget_keeps_workers_of_each_kind() -> None:
    selectors = {
        kind: {one["metadata"]["name"]: one["spec"]["selector"] for one in manifests()
               if one["kind"] == kind}
        for kind in ("Deployment", "PodDisruptionBudget")
    }  # fmt: skip
    assert selectors["Deployment"] == selectors["PodDisruptionBudget"] != {}
    for workload, _ in pods():
        labels = workload["spec"]["template"]["metadata"]["labels"]
        if workload["kind"] == "Deployment":
            assert workload["spec"]["selector"]["matchLabels"].items() <= labels.items()
