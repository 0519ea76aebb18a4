"""Flags and configurations that have no meaning, and what the command line has to say to each."""

from __future__ import annotations

from tests.end_to_end.breaking import Broken
from tests.small_cluster import AUDIT, FLOWS, INVENTORY, POLICY, SOUND

FLAGS_OF_AUDIT = "`auditor audit --help` lists what there is"
BOTH = (POLICY + "---\n" + INVENTORY).encode()
ONLY = ("audit", *SOUND, "--out", "report", "-q")
ENDS = ("10.0.0.1", "10.0.0.2")


def called(name, arguments, *messages, **rest):
    """Return the case of a call, the files being sound."""
    return Broken(f"call: {name}", rest.pop("files", {}), messages, arguments=arguments, **rest)


def configured(name, content, *messages):
    """Return the case of a configuration file."""
    return Broken(
        f"config: {name}", {"auditor.toml": content}, messages, arguments=(*AUDIT, "--config", "auditor.toml")
    )


def explained(*asked):
    """Return a question about a connection."""
    return ("explain", *SOUND, *asked)


CASES = [
    called(
        "unknown flag",
        (*AUDIT, "--polices", "x"),
        "No such option '--polices'. (Did you mean one of: '--policies', '--replies', '--since'?); "
        + FLAGS_OF_AUDIT,
    ),
    called("unknown subcommand", ("audti",), "No such command 'audti'; `auditor --help` lists what there is"),
    called(
        "no inventory",
        ("audit", "-p", "policies.yaml", "-f", "flows.log", "--out", "report"),
        "Missing option '--inventory' / '-i' (env var: 'AUDITOR_INVENTORY'); " + FLAGS_OF_AUDIT,
    ),
    called(
        "rows of no kind",
        (*AUDIT, "--rows", "some"),
        "Invalid value for '--rows' (env var: 'AUDITOR_ROWS'): 'some' is not one of 'violations', 'all'; "
        + FLAGS_OF_AUDIT,
    ),
    called(
        "no thread",
        (*AUDIT, "--threads", "0"),
        "Invalid value for '--threads' (env var: 'AUDITOR_THREADS'): 0 is not in the range 1<=x<=64; "
        + FLAGS_OF_AUDIT,
    ),
    called(
        "unknown format",
        (*AUDIT, "--format", "netflow"),
        "--format expects one of `vpc-text`, `vpc-parquet`, `hubble-json`, `generic-parquet`, `generic-arrow`, "
        "`generic-csv`, `generic-json`, got `netflow`",
    ),
    called(
        "--vpc-format without addresses",
        (*AUDIT, "--vpc-format", "${version}"),
        "--vpc-format lacks `srcaddr`, `dstaddr`, `dstport` and `protocol`, without which no record can be judged",
    ),
    called(
        "--max-rejected in words",
        (*AUDIT, "--max-rejected", "lots"),
        "expected a number of rows or a share such as `1%` for `--max-rejected`, came `lots`",
    ),
    called(
        "--max-rejected over all",
        (*AUDIT, "--max-rejected", "101%"),
        "expected a number of rows or a share such as `1%` for `--max-rejected`, came `101%`",
    ),
    called(
        "--pod-cidr that is none",
        (*AUDIT, "--pod-cidr", "10.0.0.0/33"),
        "expected a pod network like `10.0.0.0/16`, got `10.0.0.0/33`",
    ),
    called(
        "policies that do not exist",
        (*AUDIT, "-p", "nope.yaml"),
        "expected a file or folder, `nope.yaml` does not exist",
    ),
    called(
        "pattern that matches nothing",
        (*AUDIT, "-f", "*.parquet"),
        "expected files that match `*.parquet`, found none",
    ),
    called(
        "address of no store",
        (*AUDIT, "-f", "https://logs/a"),
        "expected a path or a URL that begins with `s3://`, `gs://` or `abfss://`, got `https://logs/a`; copy it to a "
        "file first",
    ),
    called(
        "folder of hidden files",
        (*AUDIT, "-f", "logs"),
        "expected files in folder `logs`, found none to read",
        files={"logs/.hidden": FLOWS},
    ),
    called(
        "folder that holds a report",
        AUDIT,
        "expected a folder without a report, found `run.json`; `--force` replaces the report - at report",
        files={"report/run.json": "{}"},
    ),
    called(
        "file for a folder",
        ("audit", *SOUND, "-f", "flows.log", "--out", "flows.log"),
        "expected a folder, found a file - at flows.log",
    ),
    called(
        "folder that cannot be made",
        ("audit", *SOUND, "-f", "flows.log", "--out", "/proc/report"),
        "cannot create the folder: No such file or directory - at /proc/report",
    ),
    called(
        "policies and flows from one pipe",
        (*AUDIT, "-p", "-", "-f", "-"),
        "expected standard input for one thing, came `--policies -` and `--flows -`; write one to a file",
        stdin=POLICY.encode(),
    ),
    called(
        "inventory and flows from one pipe",
        (*AUDIT, "-i", "-", "-f", "-"),
        "expected standard input for one thing, came `--inventory -` and `--flows -`; write one to a file",
    ),
    called(
        "policies and inventory from one pipe",
        (*AUDIT, "-p", "-", "-i", "-"),
        code=1,
        rows=(8, 7, 0),
        stdin=BOTH,
    ),
    called(
        "flows from one pipe twice",
        (*ONLY, "-f", "-", "-f", "-"),
        code=1,
        rows=(8, 7, 0),
        stdin=FLOWS.encode(),
    ),
    called(
        "nothing in the pipe",
        (*ONLY, "-f", "-"),
        "expected flow logs, came nothing: every file is empty - at -",
    ),
    called(
        "port by name",
        explained(*ENDS, "http/TCP"),
        "expected a port and protocol such as `5432/TCP`, came `http/TCP`",
    ),
    called(
        "port of other digits",
        explained(*ENDS, "²/TCP"),
        "expected a port and protocol such as `5432/TCP`, came `²/TCP`",
    ),
    called("port too high", explained(*ENDS, "70000"), "expected a port from 0 to 65535, came `70000`"),
    called(
        "protocol without a port",
        explained(*ENDS, "TCP"),
        "expected a destination port for `TCP`, came none; write it as `5432/TCP`",
    ),
    called(
        "unknown protocol",
        explained(*ENDS, "80/TPC"),
        "expected a protocol (ICMP, TCP, UDP, ICMPv6, SCTP or a number), came `TPC`",
    ),
    called(
        "unknown pod",
        explained("shop/nope", "10.0.0.2", "80"),
        "expected an address or a pod of the inventory as `namespace/name`, came `shop/nope`",
    ),
    called(
        "two IP versions",
        explained("10.0.0.1", "::1", "80"),
        "expected two addresses of one IP version, came `10.0.0.1` and `::1`",
    ),
    called(
        "unknown plugin",
        ("lint", *SOUND, "--plugin", "calicco"),
        "expected a plugin among `aks-cilium`, `antrea`, `aws-vpc-cni`, `azure-npm-linux`, `azure-npm-windows`, "
        "`calico`, `canal`, `cilium`, `gke-dataplane-v2`, `kube-router`, `ovn-kubernetes`, `romana`, `weave`, came "
        "`calicco`; did you mean `calico`",
    ),
    called(
        "no flow in the demonstration",
        ("demo", "--flows", "0"),
        "Invalid value for '--flows' (env var: 'AUDITOR_DEMO_FLOWS'): 0 is not in the range x>=1; `auditor demo "
        "--help` lists what there is",
    ),
    called(
        "configuration that does not exist",
        (*AUDIT, "--config", "no.toml"),
        "configuration `no.toml` cannot be read: No such file or directory",
    ),
    configured(
        "broken TOML",
        "a = [",
        "expected TOML in `auditor.toml`, came something else: Invalid value (at end of document)",
    ),
    configured(
        "unknown key",
        "polices = 'x'",
        "`polices` in `auditor.toml` is no flag of auditor; did you mean `policies`?",
    ),
    configured(
        "unknown key of the command",
        "[audit]\nfailon = 'x'",
        "`failon` in `auditor.toml` is no flag of `auditor audit`; did you mean `fail-on`?",
    ),
    configured(
        "unknown table",
        "[audti]\n",
        "`[audti]` in `auditor.toml` is no subcommand of auditor; did you mean `audit`?",
    ),
    configured(
        "text for a number",
        "threads = 'two'",
        "expected a whole number from 1 to 64 for `threads` in `auditor.toml`, came `two`",
    ),
    configured(
        "number for paths",
        "flows = 5",
        "expected text or a list of texts for `flows` in `auditor.toml`, came `5`",
    ),
    configured(
        "text for a switch",
        "force = 'yes'",
        "expected `true` or `false` for `force` in `auditor.toml`, came `yes`",
    ),
    configured(
        "no such choice",
        "rows = 'many'",
        "expected one of `violations`, `all` for `rows` in `auditor.toml`, came `many`",
    ),
    configured(
        "list for a text",
        "max_rejected = [1]",
        "expected text for `max_rejected` in `auditor.toml`, came `[1]`",
    ),
]
