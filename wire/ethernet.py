# Ref: IEEE Std 802.3-2018, clause 3 (frame); IEEE Std 802.1Q-2018, clause 9 (tag); RFC 1112, section 6.4 (multicast)
"""Ethernet II frames, without preamble and FCS, with none or one 802.1Q tag."""

from enum import IntEnum

from wire.fields import Layout, WireError, uint

__all__ = ["EtherType", "HEADER", "VLAN_TAG", "MIN_FRAME", "MAX_PAYLOAD", "VLAN_ID_MAX", "PREAMBLE", "PREAMBLE_BYTES",
           "SFD", "FCS_BYTES", "MIN_WITH_FCS", "MAX_WITH_FCS", "GAP_BYTES", "BROADCAST", "mac_address",
           "multicast_mac"]

#: Least bytes of a frame, without FCS; shorter payloads are padded.
MIN_FRAME = 60
#: Most bytes of payload behind the EtherType.
MAX_PAYLOAD = 1500
#: What comes before a frame on the wire: seven bytes, and the start frame delimiter (clause 3.2.1, 3.2.2).
PREAMBLE, PREAMBLE_BYTES, SFD = 0x55, 7, 0xD5
#: Frame check sequence behind a frame: CRC-32, lowest byte first (clause 3.2.9).
FCS_BYTES = 4
#: Least and most bytes of a frame with FCS, and the most with one tag too (clauses 3.2.7 and 4.2.7.1).
MIN_WITH_FCS, MAX_WITH_FCS = MIN_FRAME + FCS_BYTES, 1522
#: Least time between two frames, in bytes (clause 4.4.2).
GAP_BYTES = 12
#: Address of all stations.
BROADCAST = 0xFFFF_FFFF_FFFF
#: Greatest VLAN identifier in the tag's lower 12 bits; 4095 is reserved.
VLAN_ID_MAX = 4094


class EtherType(IntEnum):
    """What follows the header."""

    IPV4 = 0x0800
    ARP = 0x0806
    VLAN = 0x8100
    IPV6 = 0x86DD
    QINQ = 0x88A8


#: Header of an untagged frame; in a tagged one ``ethertype`` is VLAN and VLAN_TAG follows.
HEADER = Layout("Ethernet", (
    uint("destination", 0, 6, "destination address, first byte uppermost"),
    uint("source", 6, 6, "source address, first byte uppermost"),
    uint("ethertype", 12, 2, "EtherType"),
), 14, "Ethernet II header")

#: What follows EtherType VLAN.
VLAN_TAG = Layout("VlanTag", (
    uint("control", 0, 2, "priority in bits 15..13, drop eligible in 12, VLAN identifier in 11..0"),
    uint("ethertype", 2, 2, "EtherType of what follows the tag"),
), 4, "802.1Q tag control information and the EtherType behind it")


def mac_address(text: str) -> int:
    """Return the address written as ``01:00:5e:36:0c:6f``. Raises WireError naming the text."""
    parts = text.split(":")
    if len(parts) != 6 or any(len(part) != 2 or not _is_hex(part) for part in parts):
        raise WireError(f"MAC address must be six pairs of hex digits, not {text!r}")
    return int("".join(parts), 16)


def _is_hex(text: str) -> bool:
    return all(character in "0123456789abcdefABCDEF" for character in text)


def multicast_mac(ip: int) -> int:
    """Return the Ethernet address of an IPv4 multicast group. Raises WireError when ``ip`` is none."""
    if not 0xE0000000 <= ip <= 0xEFFFFFFF:
        raise WireError(f"multicast address must be 0xe0000000..0xefffffff, not {ip:#x}")
    return 0x01005E000000 | (ip & 0x7FFFFF)
