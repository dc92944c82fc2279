"""The virtual clock, and alarms on it."""

import asyncio

from sim.exchange.clock import Alarm, VirtualClock, WallClock


def test_calls_come_in_order_of_time_and_then_of_planning():
    clock, seen = VirtualClock(100), []
    for when, name in ((300, "c"), (200, "a"), (200, "b"), (50, "late")):
        clock.call_at(when, lambda name=name: seen.append((name, clock.now())))
    clock.call_at(250, lambda: seen.append("never")).cancel()
    clock.run(299)
    assert seen == [("late", 100), ("a", 200), ("b", 200)] and clock.now() == 299
    assert clock.step() and not clock.step() and seen[-1] == ("c", 300)


def test_a_call_may_plan_another_of_now():
    clock, seen = VirtualClock(0), []
    clock.call_at(5, lambda: clock.call_at(5, lambda: seen.append(clock.now())))
    clock.run(5)
    assert seen == [5]


def test_an_alarm_follows_its_deadline():
    clock, seen = VirtualClock(0), []
    due = [10]

    def act(now):
        seen.append(now)
        due[0] = now + 10 if now < 30 else None
    alarm = Alarm(clock, lambda: due[0], act)
    alarm.arm()
    due[0] = 5
    alarm.arm()
    alarm.arm()
    clock.run(100)
    assert seen == [5, 15, 25, 35]
    due[0] = 200
    alarm.arm()
    alarm.stop()
    clock.run(300)
    assert len(seen) == 4


def test_the_wall_clock_calls_no_sooner_than_it_says():
    async def run():
        clock, done = WallClock(asyncio.get_running_loop()), asyncio.get_running_loop().create_future()
        before = clock.now()
        when = before + 2_000_000
        clock.call_at(when, lambda: done.set_result(clock.now()))
        clock.call_at(when, lambda: done.set_result(None)).cancel()
        assert await asyncio.wait_for(done, 30) >= when
        assert clock.now() >= before
    asyncio.run(run())
