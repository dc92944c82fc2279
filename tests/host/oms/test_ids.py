import pytest
from hypothesis import given
from hypothesis import strategies as st

from host.oms.ids import IdError, Ids, Places, cl_ord_id, split


def test_an_id_is_the_epoch_above_a_sequence():
    ids = Ids()
    ids.begin(5)
    assert [split(ids.take()) for _ in range(3)] == [(5, 1), (5, 2), (5, 3)]


@given(st.lists(st.integers(0, 20), max_size=8))
def test_no_id_is_given_twice_over_restarts_even_when_the_last_ones_were_forgotten(lives):
    given_ids = []
    for epoch, count in enumerate(lives, 1):
        ids = Ids(epoch - 1, 0)
        ids.begin(epoch)
        given_ids += [ids.take() for _ in range(count)]
    assert len(set(given_ids)) == len(given_ids) == len(set(map(cl_ord_id, given_ids)))


@pytest.mark.parametrize("epoch", [0, 3, 1 << 32])
def test_an_epoch_must_be_a_greater_one(epoch):
    with pytest.raises(IdError, match=str(epoch)):
        Ids(3, 9).begin(epoch)


def test_there_is_no_id_before_the_first_epoch_nor_behind_the_last():
    for ids in Ids(), Ids(1, (1 << 32) - 1):
        with pytest.raises(IdError):
            ids.take()


def test_places_come_again_in_the_order_in_which_they_were_freed_with_new_tokens():
    places = Places(2)
    first, second = places.take(()), places.take(())
    assert places.take(()) is None and {first % 2, second % 2} == {0, 1}
    places.give(second)
    places.give(first)
    third = places.take(())
    assert third % 2 == second % 2 and third != second
    assert places.last(third) and places.last(first) and not places.last(second)


def test_a_place_of_which_something_is_awaited_is_left_out():
    places = Places(2)
    assert places.take({0}) % 2 == 1 and places.take({0}) is None and places.take(()) % 2 == 0


def test_a_token_that_was_learned_is_not_given():
    places = Places(4)
    places.learn(4 * 9 + 1)
    assert 4 * 9 + 1 not in [places.take(()) for _ in range(4)]
