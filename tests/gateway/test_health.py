from __future__ import annotations

from havik.config.settings import SiteSection
from havik.gateway.health import SensorHealth, last_will

SITE = SiteSection(name="noord", latitude_deg=54, longitude_deg=4)
S = 10**9


def test_the_states_of_a_sensor_and_since_when() -> None:
    health = SensorHealth(SITE, "radar", 20, now_ns=0)
    first = health.message(1 * S)
    assert (first.state, first.since_ns, first.reason) == ("offline", 0, "not connected yet")

    health.link(up=True, reason=None, reconnections=0, now_ns=2 * S)
    health.heard(3, 4 * S)
    online = health.message(5 * S)
    assert (online.state, online.since_ns, online.reason) == ("online", 2 * S, None)
    assert (online.readings, online.last_reading_ns) == (3, 4 * S)

    silent = health.message(30 * S)
    assert (silent.state, silent.since_ns) == ("degraded", 4 * S)
    assert silent.reason == "connected, but silent for 26 s"

    health.link(up=False, reason="unplugged", reconnections=0, now_ns=40 * S)
    health.link(up=False, reason="/dev/x is not there", reconnections=0, now_ns=45 * S)
    down = health.message(50 * S)
    assert (down.state, down.since_ns, down.reason) == ("offline", 40 * S, "/dev/x is not there")

    health.link(up=True, reason=None, reconnections=1, now_ns=60 * S)
    again = health.message(61 * S)
    assert (again.state, again.since_ns, again.reconnections) == ("online", 60 * S, 1)


def test_what_was_refused_and_dropped_is_told() -> None:
    health = SensorHealth(SITE, "radar", 20, now_ns=0)
    health.refused["bad length"] += 2
    health.dropped["evidence"] += 1
    message = health.message(S)
    assert message.refused == {"bad length": 2}
    assert message.dropped == {"evidence": 1}


def test_the_last_will_says_offline() -> None:
    will = last_will(SITE, "radar", 7)
    assert (will.state, will.time_ns, will.sensor) == ("offline", 7, "radar")
    assert will.since_ns is None  # it is told at another time than it is written


def test_a_state_that_ended_between_two_messages_began_anew() -> None:
    health = SensorHealth(SITE, "radar", 20, now_ns=0)
    health.link(up=True, reason=None, reconnections=0, now_ns=1 * S)
    assert health.message(2 * S).since_ns == 1 * S
    health.link(up=False, reason="unplugged", reconnections=0, now_ns=3 * S)
    health.link(up=True, reason=None, reconnections=1, now_ns=4 * S)
    again = health.message(5 * S)
    assert (again.state, again.since_ns) == ("online", 4 * S)


def test_a_sensor_that_speaks_again_is_online_since_then() -> None:
    health = SensorHealth(SITE, "radar", 20, now_ns=0)
    health.link(up=True, reason=None, reconnections=0, now_ns=1 * S)
    health.heard(1, 2 * S)
    assert health.message(30 * S).state == "degraded"
    health.heard(1, 40 * S)
    health.heard(1, 41 * S)
    again = health.message(42 * S)
    assert (again.state, again.since_ns) == ("online", 40 * S)


def test_silence_is_told_when_it_is_longer_than_allowed_and_not_before() -> None:
    health = SensorHealth(SITE, "radar", 20, now_ns=0)
    health.link(up=True, reason=None, reconnections=0, now_ns=0)
    assert health.message(20 * S).state == "online"
    assert health.message(20 * S + 1).state == "degraded"


def test_a_gateway_that_is_stopped_says_so() -> None:
    health = SensorHealth(SITE, "radar", 20, now_ns=0)
    health.link(up=True, reason=None, reconnections=0, now_ns=0)
    health.heard(7, 5 * S)
    last = health.stopped(9 * S)
    assert (last.state, last.since_ns, last.reason) == ("offline", 9 * S, "the gateway was stopped")
    assert last.readings == 7
