"""Registers and records: nothing overlaps, everything fits."""

import numpy as np
import pytest

from wire import records, registers
from wire.profiles import PROFILES


def test_registers_do_not_overlap_and_are_aligned():
    taken = {}
    for register in registers.REGISTERS:
        assert register.size in (4, 8) and register.offset % 4 == 0
        assert register.access in ("ro", "rw", "wo")
        assert 0 <= register.reset < 1 << 8 * register.size
        for word in range(register.offset, register.offset + register.size, 4):
            assert word not in taken, (register.name, taken.get(word))
            assert word < 1 << registers.ADDRESS_BITS
            taken[word] = register.name


def test_fields_of_a_register_do_not_overlap():
    for register in registers.REGISTERS:
        used = 0
        for bits in register.bits:
            mask = ((1 << bits.width) - 1) << bits.lsb
            assert bits.doc and mask < 1 << 8 * register.size and not used & mask, (register.name, bits.name)
            used |= mask


def test_registers_are_found_by_name():
    assert all(registers.by_name(register.name) is register for register in registers.REGISTERS)
    assert registers.by_name(registers.COUNTERS[3][0].upper()).offset == registers.COUNTER_BASE + 24
    with pytest.raises(KeyError, match="no register 'NONE'"):
        registers.by_name("NONE")


def test_fields_of_the_state_word_do_not_overlap_and_hold_every_flag():
    used = 0
    for field in records.STATE_FIELDS:
        mask = ((1 << field.width) - 1) << field.lsb
        assert mask < 1 << 32 and not used & mask, field.name
        used |= mask
    assert all(flag & used == flag for flag in records.State)


@pytest.mark.parametrize("levels", range(1, records.MAX_LEVELS + 1))
def test_record_is_aligned_and_a_power_of_two(levels):
    dtype = records.record_dtype(levels)
    assert dtype.itemsize & (dtype.itemsize - 1) == 0
    end = 0
    for name in dtype.names:
        kind, offset = dtype.fields[name][:2]
        assert offset == end and offset % min(kind.base.alignment if kind.base.names is None else 4, 8) == 0
        end = offset + kind.itemsize
    assert end == records.HEADER_BYTES + 2 * levels * records.LEVEL_BYTES <= dtype.itemsize < 2 * end
    assert np.zeros(1, dtype)["asks"].shape == (1, levels)


@pytest.mark.parametrize("levels", [0, 17, -1])
def test_other_numbers_of_levels_are_refused(levels):
    with pytest.raises(ValueError, match=f"levels must be 1..16, not {levels}"):
        records.record_dtype(levels)


@pytest.mark.parametrize("profile", PROFILES.values(), ids=lambda profile: profile.name)
def test_profiles_keep_to_their_contract(profile):
    for size in (profile.symbols, profile.window, profile.order_slots // 8):
        assert size > 0 and size & (size - 1) == 0
    assert profile.order_slots % 8 == 0 and 1 <= profile.levels <= records.MAX_LEVELS
    assert profile.share_bits <= profile.level_share_bits <= 32 and profile.ref_bits <= 64
