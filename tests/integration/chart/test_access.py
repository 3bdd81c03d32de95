"""Nobody in the chart may do more than its code does; nobody else than it says."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

import pytest

from acuse_operator.rbac import Part, Rule, Scope, rules
from support.chart import EXAMPLES, NAMESPACE, Manifest, Rendered, render

TENANTS = "acuse-tenants"
ACCOUNTS = {
    *("acuse-operator", "acuse-intake", "acuse-workers", "acuse-api", "acuse-release", "acuse-hub"),
}


def granted(rendered: Rendered, account: str, *, tenants: str = TENANTS) -> dict[str, set[str]]:
    """Return the verbs that an account has, by SCOPE GROUP/RESOURCE."""
    found: dict[str, set[str]] = {}
    for scope, rule in _rules_of(rendered, account, tenants):
        # A rule of paths instead, such as /readyz, has no groups.
        for group in rule.get("apiGroups", ()):
            for resource in rule["resources"]:
                found.setdefault(f"{scope} {group}/{resource}", set()).update(rule["verbs"])
    return found


def _rules_of(rendered: Rendered, account: str, tenants: str) -> Iterator[tuple[str, Manifest]]:
    scopes = {None: "cluster", NAMESPACE: "release", tenants: "tenants"}
    for kind in ("RoleBinding", "ClusterRoleBinding"):
        for binding in rendered.all(kind):
            subjects = [(s["kind"], s["name"], s["namespace"]) for s in binding["subjects"]]
            if ("ServiceAccount", account, NAMESPACE) not in subjects:
                continue
            namespace = binding["metadata"].get("namespace")
            reference = binding["roleRef"]
            role = rendered.one(reference["kind"], reference["name"], namespace=namespace)
            for rule in role["rules"]:
                yield scopes.get(namespace, str(namespace)), rule


def used(part: Part, *, without: Iterable[Scope] = ()) -> dict[str, set[str]]:
    """Return the verbs that a part of the operator uses, by SCOPE GROUP/RESOURCE."""

    def name(rule: Rule) -> str:
        """Return where and what a rule is about."""
        return f"{rule.scope} {rule.group}/{rule.resource}"

    return {name(rule): set(rule.verbs) for rule in rules(part) if rule.scope not in set(without)}


@pytest.mark.parametrize(
    ("example", "part"), [("trial", "both"), ("ha", "both"), ("region", "region")]
)
def test_the_operator_may_do_exactly_what_its_code_does(example: str, part: Part) -> None:
    assert granted(render(example), "acuse-operator") == used(part)


def test_a_hub_has_no_rights_in_namespaces_that_it_does_not_make() -> None:
    # What it does in a region's, it does by that region's kubeconfig.
    assert granted(render("hub"), "acuse-operator") == used("hub", without=["tenants"])


def test_a_hub_that_makes_regions_of_cluster_profiles_may_list_them_there() -> None:
    plain = granted(render("hub"), "acuse-operator")
    more = granted(render("hub", operator__clusterProfiles="fleet"), "acuse-operator")

    [(name, verbs)] = [(what, verbs) for what, verbs in more.items() if what not in plain]
    assert {name.replace("fleet ", "profiles "): verbs} == used("profiles")
    # A region alone has no Regions to make.
    region = granted(render("region", operator__clusterProfiles="fleet"), "acuse-operator")
    assert region == granted(render("region"), "acuse-operator")


@pytest.mark.parametrize("role", ["region", "both"])
def test_a_hub_elsewhere_may_do_exactly_what_its_link_does(role: str) -> None:
    rendered = render("region", role=role, hubAccess__enabled=True)

    assert granted(rendered, "acuse-hub") == used("link")


def test_a_hub_elsewhere_sees_one_region_and_one_lease_and_no_secret_of_the_release() -> None:
    rendered = render("region", hubAccess__enabled=True)
    [region, ready] = rendered.one("ClusterRole", "acuse-hub")["rules"]
    [lease] = [
        rule
        for rule in rendered.one("Role", "acuse-hub")["rules"]
        if rule["resources"] == ["leases"]
    ]

    assert region["resourceNames"] == ["sao-paulo"]
    assert lease["resourceNames"] == ["acuse-region"]
    assert ready == {"nonResourceURLs": ["/readyz"], "verbs": ["get"]}


def test_a_hub_that_may_not_read_every_secret_may_read_the_kubeconfigs_it_is_told_of() -> None:
    strict = {
        "operator__tenantNamespaces": ["bakery"],
        "operator__kubeconfigSecrets": ["acuse-region-sao-paulo"],
    }
    role = render("hub", **strict).one("Role", "acuse-operator", namespace=NAMESPACE)
    both = render("trial", **strict).one("Role", "acuse-operator", namespace=NAMESPACE)

    secrets = {"apiGroups": [""], "resources": ["secrets"], "verbs": ["get"]}
    assert {**secrets, "resourceNames": ["acuse-region-sao-paulo"]} in role["rules"]
    assert {
        **secrets,
        "resourceNames": ["acuse-database", "acuse-s3", "acuse-region-sao-paulo"],
    } in both["rules"]
    assert granted(render("hub", **strict), "acuse-operator").get("cluster /secrets") is None


def test_letting_go_at_the_end_needs_exactly_what_its_code_does() -> None:
    assert granted(render(), "acuse-release") == used("release")


@pytest.mark.parametrize("example", ["hub", "region"])
def test_letting_go_of_one_role_needs_no_more(example: str) -> None:
    all_of_it = used("release")
    for what, verbs in granted(render(example), "acuse-release").items():
        assert verbs <= all_of_it[what]


def test_secrets_are_read_by_name_and_never_listed_across_the_cluster() -> None:
    for example in EXAMPLES:
        for account in ACCOUNTS:
            assert granted(render(example), account).get("cluster /secrets", set()) <= {"get"}


def test_in_the_release_namespace_only_the_secrets_of_the_region_are_read() -> None:
    role = render("ha").one("Role", "acuse-operator", namespace=NAMESPACE)
    [rule] = [rule for rule in role["rules"] if "secrets" in rule["resources"]]

    assert rule["resourceNames"] == ["database", "object-store"]
    assert rule["verbs"] == ["get"]


def test_the_operator_reads_secrets_of_the_named_namespaces_alone() -> None:
    strict = render("strict-namespaces")
    granted_there = granted(strict, "acuse-operator", tenants="receipts-of-tenants")

    assert "cluster /secrets" not in granted_there
    assert granted_there["bakery /secrets"] == granted_there["grocery /secrets"] == {"get"}
    everything_else = used("both")
    del everything_else["cluster /secrets"]
    del granted_there["bakery /secrets"], granted_there["grocery /secrets"]
    assert granted_there == everything_else


@pytest.mark.parametrize("account", ["acuse-intake", "acuse-workers", "acuse-api"])
def test_programs_watch_placements_and_their_secrets_and_change_nothing(account: str) -> None:
    watch = {"get", "list", "watch"}

    assert granted(render("ha"), account) == {
        "tenants acuse.dev/tenantplacements": watch,
        "tenants /secrets": watch,
    }


@pytest.mark.parametrize("example", EXAMPLES)
def test_nobody_has_a_wildcard(example: str) -> None:
    for kind in ("Role", "ClusterRole"):
        for role in render(example).all(kind):
            assert "*" not in str(role["rules"])


@pytest.mark.parametrize("example", EXAMPLES)
def test_roles_are_bound_to_accounts_of_the_chart_alone(example: str) -> None:
    rendered = render(example)
    for kind in ("RoleBinding", "ClusterRoleBinding"):
        for binding in rendered.all(kind):
            for subject in binding["subjects"]:
                assert subject["kind"] == "ServiceAccount"
                assert subject["namespace"] == NAMESPACE
                assert subject["name"] in rendered.names("ServiceAccount")


@pytest.mark.parametrize(
    ("name", "into"), [("view", {"view", "edit", "admin"}), ("edit", {"edit", "admin"})]
)
def test_our_kinds_are_part_of_the_clusters_own_roles(name: str, into: set[str]) -> None:
    role = render().one("ClusterRole", f"acuse-{name}")
    prefix = "rbac.authorization.k8s.io/aggregate-to-"

    labels = {label.removeprefix(prefix) for label in role["metadata"]["labels"] if prefix in label}
    assert labels == into
    # Nobody writes placements but the hub, nor a status but the operator.
    written = {
        resource
        for rule in role["rules"]
        if set(rule["verbs"]) - {"get", "list", "watch"}
        for resource in rule["resources"]
    }
    assert written == ({"tenants"} if name == "edit" else set())
    assert not {"acuse-view", "acuse-edit"} & render(rbac__aggregate=False).names("ClusterRole")


def test_letting_go_is_a_hook_that_ends() -> None:
    job = render().one("Job", "acuse-release")

    assert job["metadata"]["annotations"]["helm.sh/hook"] == "pre-delete"
    assert job["spec"]["activeDeadlineSeconds"] == 240
    [container] = job["spec"]["template"]["spec"]["containers"]
    assert container["args"] == ["operator", "release"]
    assert "ACUSE_GRAPH_URL" in render().env("Job", "acuse-release")
    needed = [o for o in render().objects if o["metadata"]["name"] == "acuse-release"]
    weights = {
        o["kind"]: int(o["metadata"]["annotations"]["helm.sh/hook-weight"])
        for o in needed
        if o["kind"] != "NetworkPolicy"
    }
    assert max(weights, key=lambda kind: weights[kind]) == "Job"


def test_an_uninstall_can_do_without_the_hook() -> None:
    without = render(uninstall__hook=False)

    assert "acuse-release" not in without.names("Job") | without.names("ServiceAccount")
    assert "acuse-release" not in without.names("ClusterRole") | without.names("NetworkPolicy")
