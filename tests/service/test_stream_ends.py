"""How a member ends: asked politely, asked twice, by Ctrl-C, or before it began."""

from __future__ import annotations

import signal

import pytest

from tests.service.processes import until

pytestmark = pytest.mark.jit_only


def test_stream__publishes_what_is_open_at_sigterm(crew):
    """What was read is in segments when it ends, long before the next roll, and the group is told."""
    team = crew(1)
    team.send(50)
    member = team.start(roll_seconds=3600)
    member.until_said("partition begun")
    until(lambda: '"position": 50' in member.page("/debug/state")[1])
    assert member.page("/livez")[0] == member.page("/readyz")[0] == member.page("/startupz")[0] == 200
    metrics = member.page("/metrics")[1]
    place = f'{{partition="0",topic="{team.topic}"}}'
    assert "auditor_assigned_partitions 1.0\n" in metrics
    assert f"auditor_chain_end_offset{place} 0.0\n" in metrics
    assert 'auditor_batch_duration_seconds_count{stage="classify"}' in metrics
    assert team.ends() == {0: 0}
    member.end()
    assert team.ends() == team.committed() == {0: 50}
    team.check()


@pytest.mark.parametrize(
    ("numbers", "code"),
    [
        pytest.param((signal.SIGTERM, signal.SIGTERM), 130, id="twice"),
        pytest.param((signal.SIGINT, signal.SIGINT), 130, id="ctrl-c-twice"),
    ],
)
def test_stream__ends_at_once_when_asked_twice(crew, numbers, code):
    """Nothing more is published; the next member reads it again."""
    team = crew(1)
    team.send(50)
    member = team.start(roll_seconds=3600, failpoints="chain.before-create=sleep:600")
    member.until_said("partition begun")
    until(lambda: '"position": 50' in member.page("/debug/state")[1])
    member.signal(numbers[0])
    until(lambda: member.page("/readyz")[0] == 503)
    member.signal(numbers[1])
    member.ended(code)
    assert team.ends() == {0: 0}
    team.run_to_the_end()
    team.check()


def test_stream__says_what_was_not_written_in_time(crew):
    """Where the folder is away for longer than the grace period, the exit code is 3, and nothing is lost."""
    team = crew(1)
    team.send(50)
    member = team.start(roll_seconds=3600, grace_seconds=2)
    member.until_said("partition begun")
    until(lambda: '"position": 50' in member.page("/debug/state")[1])
    away = team.out.rename(team.folder / "away")
    member.end(code=3)
    assert member.plain == [
        "auditor: error: expected to write 1 open segments within 2 s, could not; they are read again at the next start"
    ]
    away.rename(team.out)
    team.run_to_the_end()
    team.check()


@pytest.mark.parametrize(
    ("number", "code", "said"),
    [
        pytest.param(signal.SIGTERM, 0, [], id="sigterm"),
        pytest.param(signal.SIGINT, 130, ["auditor: stopped: by Ctrl-C"], id="ctrl-c"),
    ],
)
def test_stream__may_be_stopped_while_it_starts(crew, number, code, said):
    """Also while it waits for a broker that is not there: nothing was read, so there is nothing to write."""
    member = crew(1).start(brokers="127.0.0.1:1")
    until(lambda: "ECONNREFUSED" in member.text)
    member.signal(number)
    member.ended(code)
    assert member.plain == said


def test_stream__drains_at_ctrl_c(crew):
    """As at SIGTERM, with the exit code that shells expect."""
    team = crew(1)
    team.send(50)
    member = team.start(roll_seconds=3600)
    member.until_said("partition begun")
    until(lambda: '"position": 50' in member.page("/debug/state")[1])
    member.signal(signal.SIGINT)
    member.ended(130)
    team.check()


def test_stream__says_why_it_cannot_start(crew, node, tmp_path):
    """No topic, no policies, no broker, not let in: a sentence and the exit code 2, and no folder is begun."""
    team = crew(1)
    (tmp_path / "none").mkdir()
    secret = tmp_path / "secret"
    secret.write_text("wrong")
    login = {
        "security_protocol": "SASL_PLAINTEXT",
        "sasl_mechanism": "SCRAM-SHA-256",
        "sasl_user": "auditor",
        "sasl_password_file": secret,
        "brokers": node.sasl_brokers,
    }
    members = [
        team.start(topic="nowhere"),
        team.start(policies=tmp_path / "none"),
        team.start(brokers="127.0.0.1:1"),
        team.start(**login),
    ]
    for each in members:
        each.ended(2)
    *others, (refused,) = [each.plain for each in members]
    assert others == [
        ["auditor: error: expected the topic `nowhere` to be there, the brokers do not know it"],
        [f"auditor: error: expected files in folder `{tmp_path / 'none'}`, found none to read"],
        [
            "auditor: error: expected Kafka at `127.0.0.1:1` to be reached: KafkaConnectionError: 111 ECONNREFUSED"
        ],
    ]
    # Whether the client reads the broker's words before it reads that it hung up is chance.
    begin = f"auditor: error: expected Kafka at `{node.sasl_brokers}` to be reached: "
    assert refused in (
        begin
        + "[Error 58] SaslAuthenticationFailedError: SaslAuthenticationFailedError: Authentication failed "
        "during authentication due to invalid credentials with SASL mechanism SCRAM-SHA-256",
        begin + "KafkaConnectionError: socket disconnected, perhaps it does not let this user in",
    )
    assert not any(team.out.glob("*"))
