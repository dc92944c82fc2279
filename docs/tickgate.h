/* Generated from wire/ by make docs; do not edit. */
#ifndef TICKGATE_H
#define TICKGATE_H

#include <assert.h>
#include <stddef.h>
#include <stdint.h>

#define TICKGATE_MAGIC 0x544b4754u
#define TICKGATE_CONTRACT_VERSION 2u

/* Registers: byte offsets, little-endian. */
#define TICKGATE_REG_MAGIC 0x000u /* ro, 32 bit: 0x544b4754, the device's identification */
#define TICKGATE_REG_VERSION 0x004u /* ro, 32 bit: contract version */
#define TICKGATE_REG_BUILD 0x008u /* ro, 64 bit: build hash */
#define TICKGATE_REG_CLOCK_HZ 0x010u /* ro, 32 bit: core clock, Hz */
#define TICKGATE_REG_CAP_BOOK 0x014u /* ro, 32 bit: book sizes */
#define TICKGATE_CAP_BOOK_SYMBOLS 0x0000ffffu /* symbols */
#define TICKGATE_CAP_BOOK_SYMBOLS_SHIFT 0
#define TICKGATE_CAP_BOOK_LEVELS 0x00ff0000u /* K */
#define TICKGATE_CAP_BOOK_LEVELS_SHIFT 16
#define TICKGATE_CAP_BOOK_LOG2_WINDOW 0xff000000u /* log2 of the window */
#define TICKGATE_CAP_BOOK_LOG2_WINDOW_SHIFT 24
#define TICKGATE_REG_CAP_ORDERS 0x018u /* ro, 32 bit: slots of the order table, without the stash */
#define TICKGATE_REG_CAP_TICK 0x01cu /* ro, 32 bit: price units of one tick */
#define TICKGATE_REG_CAP_LINK 0x020u /* ro, 32 bit: link sizes */
#define TICKGATE_CAP_LINK_RECORD_BYTES 0x0000ffffu /* bytes of a ring record */
#define TICKGATE_CAP_LINK_RECORD_BYTES_SHIFT 0
#define TICKGATE_CAP_LINK_CHANNELS 0x00ff0000u /* channel table entries */
#define TICKGATE_CAP_LINK_CHANNELS_SHIFT 16
#define TICKGATE_CAP_LINK_FAR_LEVELS 0xff000000u /* entries of the far table */
#define TICKGATE_CAP_LINK_FAR_LEVELS_SHIFT 24
#define TICKGATE_REG_CAP_BITS 0x024u /* ro, 32 bit: widths */
#define TICKGATE_CAP_BITS_REF 0x000000ffu /* order reference */
#define TICKGATE_CAP_BITS_REF_SHIFT 0
#define TICKGATE_CAP_BITS_SHARES 0x0000ff00u /* order shares */
#define TICKGATE_CAP_BITS_SHARES_SHIFT 8
#define TICKGATE_CAP_BITS_LEVEL_SHARES 0x00ff0000u /* level shares */
#define TICKGATE_CAP_BITS_LEVEL_SHARES_SHIFT 16
#define TICKGATE_CAP_BITS_LEVEL_ORDERS 0xff000000u /* level orders */
#define TICKGATE_CAP_BITS_LEVEL_ORDERS_SHIFT 24
#define TICKGATE_REG_CYCLES 0x028u /* ro, 64 bit: cycles since reset */
#define TICKGATE_REG_STATUS 0x030u /* ro, 32 bit: what goes on */
#define TICKGATE_STATUS_CLEARING 0x00000001u /* a clear is under way */
#define TICKGATE_STATUS_GAP 0x00000002u /* a gap is open */
#define TICKGATE_STATUS_STALE 0x00000004u /* a gap has outlived its window, or the feed is silent */
#define TICKGATE_STATUS_SILENT 0x00000008u /* feed is silent */
#define TICKGATE_STATUS_SUSPECT 0x00000010u /* bytes of a bad frame may be in the books */
#define TICKGATE_STATUS_SESSION 0x00000020u /* a session is known */
#define TICKGATE_STATUS_ENDED 0x00000040u /* end of session was received */
#define TICKGATE_STATUS_INJECT_BUSY 0x00000080u /* an injected message waits */
#define TICKGATE_STATUS_HOLD 0x00000100u /* hold is in force */
#define TICKGATE_STATUS_FEED_ERROR 0x00000200u /* a message of wrong length was taken since the last clear */
#define TICKGATE_REG_CONTROL 0x034u /* rw, 32 bit: modes */
#define TICKGATE_CONTROL_HOLD 0x00000001u /* release datagrams only after their frame proved good; takes effect between frames */
#define TICKGATE_CONTROL_ENABLE 0x00000002u /* take frames; when 0 every frame is counted as not for us */
#define TICKGATE_CONTROL_REORDER 0x00000004u /* keep packets ahead of a gap, and take from them what is new when it is filled */
#define TICKGATE_REG_COMMAND 0x038u /* wo, 32 bit: commands, act once for each bit written 1 */
#define TICKGATE_COMMAND_CLEAR 0x00000001u /* start-of-day clear: order table, levels, marks; symbols keep their configuration */
#define TICKGATE_COMMAND_RESYNC 0x00000002u /* expect SEQ_SET next, whatever came before; forgets the session and any gap */
#define TICKGATE_REG_CAP_RISK 0x03cu /* ro, 32 bit: sizes of the risk gate */
#define TICKGATE_CAP_RISK_LOG2_ACCOUNTS 0x000000ffu /* log2 of the accounts */
#define TICKGATE_CAP_RISK_LOG2_ACCOUNTS_SHIFT 0
#define TICKGATE_CAP_RISK_LOG2_ORDERS 0x0000ff00u /* log2 of the open orders */
#define TICKGATE_CAP_RISK_LOG2_ORDERS_SHIFT 8
#define TICKGATE_CAP_RISK_DUPLICATES 0x00ff0000u /* orders remembered by rule 19 */
#define TICKGATE_CAP_RISK_DUPLICATES_SHIFT 16
#define TICKGATE_CAP_RISK_DECISION 0xff000000u /* cycles from a request's entry to its decision */
#define TICKGATE_CAP_RISK_DECISION_SHIFT 24
#define TICKGATE_REG_SEQ_SET 0x040u /* rw, 64 bit: sequence number for resync */
#define TICKGATE_REG_SEQ_EXPECTED 0x048u /* ro, 64 bit: next expected sequence number */
#define TICKGATE_REG_SEQ_HIGHEST 0x050u /* ro, 64 bit: highest sequence number + 1 that a good packet or heartbeat spoke of; what is injected does not move it */
#define TICKGATE_REG_GAP_PACKETS 0x058u /* rw, 32 bit: packets ahead, since the gap opened or last gave way to a message, until it is stale; 0: never by packets */
#define TICKGATE_REG_GAP_CYCLES 0x05cu /* rw, 32 bit: cycles, since the gap opened or last gave way to a message, until it is stale; 0: never by time */
#define TICKGATE_REG_SILENCE_CYCLES 0x060u /* rw, 32 bit: cycles without packet or heartbeat until silent; 0: never */
#define TICKGATE_REG_RING_ENTRIES 0x064u /* rw, 32 bit: log2 of the entries of the event ring */
#define TICKGATE_REG_VERDICT_ENTRIES 0x068u /* rw, 32 bit: log2 of the entries of the verdict ring */
#define TICKGATE_REG_RISK_STATUS 0x06cu /* ro, 32 bit: what shuts the risk gate */
#define TICKGATE_RISK_STATUS_KILLED 0x00000001u /* the global kill is set */
#define TICKGATE_RISK_STATUS_LOST 0x00000002u /* the host's heartbeat was lost */
#define TICKGATE_RISK_STATUS_ACCOUNT_KILLS 0x00000004u /* the kill of an account is set */
#define TICKGATE_RISK_STATUS_SYMBOL_KILLS 0x00000008u /* the kill of a symbol is set */
#define TICKGATE_RISK_STATUS_LOCKED 0x00000010u /* the admin page is locked */
#define TICKGATE_REG_RISK_SELECT 0x070u /* rw, 32 bit: whose state and limits RISK_DATA reads; the write takes all of them in one cycle, as they are then */
#define TICKGATE_RISK_SELECT_ACCOUNT 0x0000ffffu /* index of the account */
#define TICKGATE_RISK_SELECT_ACCOUNT_SHIFT 0
#define TICKGATE_RISK_SELECT_SYMBOL 0xffff0000u /* index of the symbol */
#define TICKGATE_RISK_SELECT_SYMBOL_SHIFT 16
#define TICKGATE_REG_RISK_WORD 0x074u /* rw, 32 bit: which word of them (wire/risk.py: SHOWN_FIELDS) */
#define TICKGATE_REG_RISK_DATA 0x078u /* ro, 32 bit: that word */
#define TICKGATE_REG_SYMBOL_SELECT 0x080u /* rw, 32 bit: symbol that the next registers speak of */
#define TICKGATE_REG_SYMBOL_NAME_LO 0x084u /* rw, 32 bit: first four characters of the stock name, first character in bits 7..0; writing SYMBOL_CONFIG puts the name and all else into force */
#define TICKGATE_REG_SYMBOL_NAME_HI 0x088u /* rw, 32 bit: last four characters */
#define TICKGATE_REG_SYMBOL_BASE 0x08cu /* rw, 32 bit: lowest tick of the window (price / tick) */
#define TICKGATE_REG_SYMBOL_CONFIG 0x090u /* rw, 32 bit: the symbol's locate and use; the write puts it into force, a few cycles later: read a register before the next one */
#define TICKGATE_SYMBOL_CONFIG_LOCATE 0x0000ffffu /* stock locate */
#define TICKGATE_SYMBOL_CONFIG_LOCATE_SHIFT 0
#define TICKGATE_SYMBOL_CONFIG_LOCATE_VALID 0x00010000u /* locate is set by the host */
#define TICKGATE_SYMBOL_CONFIG_LEARN 0x00020000u /* learn the locate from the R message with this name */
#define TICKGATE_SYMBOL_CONFIG_ENABLE 0x80000000u /* follow this symbol */
#define TICKGATE_REG_SYMBOL_LOCATE 0x094u /* ro, 32 bit: locate in force */
#define TICKGATE_SYMBOL_LOCATE_LOCATE 0x0000ffffu /* stock locate */
#define TICKGATE_SYMBOL_LOCATE_LOCATE_SHIFT 0
#define TICKGATE_SYMBOL_LOCATE_VALID 0x00010000u /* a locate is known */
#define TICKGATE_REG_SYMBOL_STATE 0x098u /* ro, 32 bit: state word (wire/records.py) */
#define TICKGATE_REG_INJECT_DATA 0x0c0u /* wo, 32 bit: next four bytes of the message, first byte in bits 7..0 */
#define TICKGATE_REG_INJECT_SEQ 0x0c4u /* rw, 64 bit: sequence number of the message */
#define TICKGATE_REG_INJECT_GO 0x0ccu /* wo, 32 bit: length of the message; the write presents it, then STATUS.inject_busy falls */
#define TICKGATE_REG_CHANNEL0_IP 0x100u /* rw, 32 bit: destination IPv4 address, 224.0.0.1 is 0xe0000001 */
#define TICKGATE_REG_CHANNEL0_PORT 0x104u /* rw, 32 bit: destination UDP port and what it carries */
#define TICKGATE_CHANNEL0_PORT_PORT 0x0000ffffu /* destination UDP port */
#define TICKGATE_CHANNEL0_PORT_PORT_SHIFT 0
#define TICKGATE_CHANNEL0_PORT_LINE 0x00010000u /* 0 line A, 1 line B */
#define TICKGATE_CHANNEL0_PORT_ENABLE 0x80000000u /* entry takes part */
#define TICKGATE_REG_CHANNEL1_IP 0x110u /* rw, 32 bit: destination IPv4 address, 224.0.0.1 is 0xe0000001 */
#define TICKGATE_REG_CHANNEL1_PORT 0x114u /* rw, 32 bit: destination UDP port and what it carries */
#define TICKGATE_CHANNEL1_PORT_PORT 0x0000ffffu /* destination UDP port */
#define TICKGATE_CHANNEL1_PORT_PORT_SHIFT 0
#define TICKGATE_CHANNEL1_PORT_LINE 0x00010000u /* 0 line A, 1 line B */
#define TICKGATE_CHANNEL1_PORT_ENABLE 0x80000000u /* entry takes part */
#define TICKGATE_REG_CHANNEL2_IP 0x120u /* rw, 32 bit: destination IPv4 address, 224.0.0.1 is 0xe0000001 */
#define TICKGATE_REG_CHANNEL2_PORT 0x124u /* rw, 32 bit: destination UDP port and what it carries */
#define TICKGATE_CHANNEL2_PORT_PORT 0x0000ffffu /* destination UDP port */
#define TICKGATE_CHANNEL2_PORT_PORT_SHIFT 0
#define TICKGATE_CHANNEL2_PORT_LINE 0x00010000u /* 0 line A, 1 line B */
#define TICKGATE_CHANNEL2_PORT_ENABLE 0x80000000u /* entry takes part */
#define TICKGATE_REG_CHANNEL3_IP 0x130u /* rw, 32 bit: destination IPv4 address, 224.0.0.1 is 0xe0000001 */
#define TICKGATE_REG_CHANNEL3_PORT 0x134u /* rw, 32 bit: destination UDP port and what it carries */
#define TICKGATE_CHANNEL3_PORT_PORT 0x0000ffffu /* destination UDP port */
#define TICKGATE_CHANNEL3_PORT_PORT_SHIFT 0
#define TICKGATE_CHANNEL3_PORT_LINE 0x00010000u /* 0 line A, 1 line B */
#define TICKGATE_CHANNEL3_PORT_ENABLE 0x80000000u /* entry takes part */
#define TICKGATE_COUNTER_FRAMES 0x400u /* ro, 64 bit: frames that began on rx */
#define TICKGATE_COUNTER_FRAMES_OK 0x408u /* ro, 64 bit: frames whose datagram was good and went to the feed */
#define TICKGATE_COUNTER_FRAMES_ETHERTYPE 0x410u /* ro, 64 bit: other EtherType, or more than one VLAN tag */
#define TICKGATE_COUNTER_FRAMES_IP_VERSION 0x418u /* ro, 64 bit: IP version not 4, header length below 20, or protocol not UDP */
#define TICKGATE_COUNTER_FRAMES_IP_CHECKSUM 0x420u /* ro, 64 bit: IPv4 header checksum wrong */
#define TICKGATE_COUNTER_FRAMES_FRAGMENT 0x428u /* ro, 64 bit: IPv4 fragment */
#define TICKGATE_COUNTER_FRAMES_NOT_FOR_US 0x430u /* ro, 64 bit: no channel has this destination address and port */
#define TICKGATE_COUNTER_FRAMES_LENGTH 0x438u /* ro, 64 bit: IP and UDP length contradict each other or are too small */
#define TICKGATE_COUNTER_FRAMES_RUNT 0x440u /* ro, 64 bit: frame ended before its headers did */
#define TICKGATE_COUNTER_FRAMES_TRUNCATED 0x448u /* ro, 64 bit: frame ended before its IP total length */
#define TICKGATE_COUNTER_FRAMES_MAC_ERROR 0x450u /* ro, 64 bit: MAC reported an error */
#define TICKGATE_COUNTER_FRAMES_UDP_CHECKSUM 0x458u /* ro, 64 bit: UDP checksum present and wrong */
#define TICKGATE_COUNTER_PACKETS_A 0x460u /* ro, 64 bit: MoldUDP64 packets in good frames on line A, whatever their session and count */
#define TICKGATE_COUNTER_PACKETS_B 0x468u /* ro, 64 bit: the same on line B */
#define TICKGATE_COUNTER_PACKETS_SHORT 0x470u /* ro, 64 bit: good datagrams too short for a MoldUDP64 header */
#define TICKGATE_COUNTER_PACKETS_SESSION 0x478u /* ro, 64 bit: packets of another session, dropped */
#define TICKGATE_COUNTER_HEARTBEATS 0x480u /* ro, 64 bit: packets with count 0 */
#define TICKGATE_COUNTER_END_OF_SESSION 0x488u /* ro, 64 bit: packets with count 0xffff */
#define TICKGATE_COUNTER_PACKETS_MALFORMED 0x490u /* ro, 64 bit: block lengths contradict the datagram, at its end or by count, or a block is below 12 bytes, which ends its packet */
#define TICKGATE_COUNTER_PACKETS_GAP 0x498u /* ro, 64 bit: packets ahead of the expected sequence number, dropped whole if they are not kept */
#define TICKGATE_COUNTER_PACKETS_SUSPECT 0x4a0u /* ro, 64 bit: packets of which messages were taken before their frame proved bad */
#define TICKGATE_COUNTER_MSGS_A 0x4a8u /* ro, 64 bit: messages taken from line A */
#define TICKGATE_COUNTER_MSGS_B 0x4b0u /* ro, 64 bit: messages taken from line B */
#define TICKGATE_COUNTER_MSGS_INJECTED 0x4b8u /* ro, 64 bit: messages taken from the host */
#define TICKGATE_COUNTER_MSGS_OLD 0x4c0u /* ro, 64 bit: message copies dropped because already taken */
#define TICKGATE_COUNTER_MSGS_AHEAD 0x4c8u /* ro, 64 bit: messages ahead of the expected one when they came; dropped if not kept (packets_kept) */
#define TICKGATE_COUNTER_INJECT_REFUSED 0x4d0u /* ro, 64 bit: injected messages dropped: not of the expected number, length not 1..50, or met by a resync */
#define TICKGATE_COUNTER_GAPS 0x4d8u /* ro, 64 bit: gaps opened */
#define TICKGATE_COUNTER_GAPS_STALE 0x4e0u /* ro, 64 bit: gaps that outlived their window */
#define TICKGATE_COUNTER_GAPS_FILLED 0x4e8u /* ro, 64 bit: gaps filled */
#define TICKGATE_COUNTER_SILENCES 0x4f0u /* ro, 64 bit: times the feed fell silent */
#define TICKGATE_COUNTER_MSGS_UNKNOWN_TYPE 0x4f8u /* ro, 64 bit: taken messages, of 12 bytes or more, of a type that ITCH 5.0 does not have */
#define TICKGATE_COUNTER_MSGS_BAD_LENGTH 0x500u /* ro, 64 bit: taken messages of a length not their type's, or below 12; marks every symbol in error */
#define TICKGATE_COUNTER_MSGS_DECODED 0x508u /* ro, 64 bit: messages of known type and right length, presented to the book */
#define TICKGATE_COUNTER_MSGS_OTHER_SYMBOL 0x510u /* ro, 64 bit: messages of symbols not followed, or of none (but S and W) */
#define TICKGATE_COUNTER_MSGS_STATE 0x518u /* ro, 64 bit: H h Y S R J W messages that changed a state word, or a P */
#define TICKGATE_COUNTER_MSGS_BOOK 0x520u /* ro, 64 bit: A F E C X D U of followed symbols */
#define TICKGATE_COUNTER_MSGS_IGNORED 0x528u /* ro, 64 bit: messages of followed symbols that carry nothing for book or state: L V K Q B I N O */
#define TICKGATE_COUNTER_ORDERS_UNKNOWN 0x530u /* ro, 64 bit: E C X D U for a reference that is not in the table */
#define TICKGATE_COUNTER_ORDERS_DUPLICATE 0x538u /* ro, 64 bit: A F U with a reference that is in the table */
#define TICKGATE_COUNTER_ORDERS_OVER_EXECUTED 0x540u /* ro, 64 bit: E C X for more shares than the order has */
#define TICKGATE_COUNTER_ORDERS_ZERO_SHARES 0x548u /* ro, 64 bit: A F U E C X with zero shares */
#define TICKGATE_COUNTER_ORDERS_TABLE_FULL 0x550u /* ro, 64 bit: orders that found no slot */
#define TICKGATE_COUNTER_ORDERS_REFERENCE 0x558u /* ro, 64 bit: orders with a reference beyond ref_bits */
#define TICKGATE_COUNTER_ORDERS_SHARES 0x560u /* ro, 64 bit: orders with more shares than share_bits hold */
#define TICKGATE_COUNTER_ORDERS_SIDE 0x568u /* ro, 64 bit: A F with a side that is neither B nor S */
#define TICKGATE_COUNTER_PRICES_OFF_GRID 0x570u /* ro, 64 bit: orders (A F U) whose price is no multiple of the tick, is zero, or is above 200,000.0000 */
#define TICKGATE_COUNTER_PRICES_FAR 0x578u /* ro, 64 bit: orders with a price outside the symbol's window */
#define TICKGATE_COUNTER_FAR_FULL 0x580u /* ro, 64 bit: far levels that found no place */
#define TICKGATE_COUNTER_LEVEL_OVERFLOW 0x588u /* ro, 64 bit: levels whose shares or orders exceeded their bits */
#define TICKGATE_COUNTER_LEVEL_UNDERFLOW 0x590u /* ro, 64 bit: operations that left a level below zero, which can only follow a level_overflow since the last clear: else the gateware contradicts itself */
#define TICKGATE_COUNTER_MSGS_CLEARING 0x598u /* ro, 64 bit: book messages dropped while a clear was under way */
#define TICKGATE_COUNTER_RECORDS 0x5a0u /* ro, 64 bit: records written to the event ring */
#define TICKGATE_COUNTER_RECORDS_CUT 0x5a8u /* ro, 64 bit: book records whose scan was cut by a later operation */
#define TICKGATE_COUNTER_NOTICES_LOST 0x5b0u /* ro, 64 bit: FEED records dropped because their queue was full */
#define TICKGATE_COUNTER_PACKETS_KEPT 0x5b8u /* ro, 64 bit: packets of packets_gap that were kept to be replayed */
#define TICKGATE_COUNTER_PACKETS_REPLAYED 0x5c0u /* ro, 64 bit: packets kept that are no longer ahead: replayed, and done with */
#define TICKGATE_COUNTER_PACKETS_LOST 0x5c8u /* ro, 64 bit: packets of packets_gap that found no room, while CONTROL.reorder was set */
#define TICKGATE_COUNTER_BUS_ERRORS 0x5d0u /* ro, 64 bit: register writes that hit no writable register, or INJECT_DATA or INJECT_GO while a message waits */
#define TICKGATE_COUNTER_RISK_ACCEPTED 0x5d8u /* ro, 64 bit: requests that the risk gate accepted */
#define TICKGATE_COUNTER_RISK_REFUSED 0x5e0u /* ro, 64 bit: requests that it refused, by one rule or more */
#define TICKGATE_COUNTER_RISK_APPLIED 0x5e8u /* ro, 64 bit: reports that matched */
#define TICKGATE_COUNTER_RISK_UNMATCHED 0x5f0u /* ro, 64 bit: reports that did not, and changed nothing */
#define TICKGATE_COUNTER_RISK_GLOBAL_KILL 0x5f8u /* ro, 64 bit: requests that broke rule 1 of docs/risk.md */
#define TICKGATE_COUNTER_RISK_SYMBOL_KILL 0x600u /* ro, 64 bit: requests that broke rule 2 of docs/risk.md */
#define TICKGATE_COUNTER_RISK_ACCOUNT_KILL 0x608u /* ro, 64 bit: requests that broke rule 3 of docs/risk.md */
#define TICKGATE_COUNTER_RISK_HEARTBEAT 0x610u /* ro, 64 bit: requests that broke rule 4 of docs/risk.md */
#define TICKGATE_COUNTER_RISK_UNKNOWN 0x618u /* ro, 64 bit: requests that broke rule 5 of docs/risk.md */
#define TICKGATE_COUNTER_RISK_NOT_LIVE 0x620u /* ro, 64 bit: requests that broke rule 6 of docs/risk.md */
#define TICKGATE_COUNTER_RISK_NOT_TRADING 0x628u /* ro, 64 bit: requests that broke rule 7 of docs/risk.md */
#define TICKGATE_COUNTER_RISK_RESTRICTED 0x630u /* ro, 64 bit: requests that broke rule 8 of docs/risk.md */
#define TICKGATE_COUNTER_RISK_MALFORMED 0x638u /* ro, 64 bit: requests that broke rule 9 of docs/risk.md */
#define TICKGATE_COUNTER_RISK_MAX_SHARES 0x640u /* ro, 64 bit: requests that broke rule 10 of docs/risk.md */
#define TICKGATE_COUNTER_RISK_MAX_NOTIONAL 0x648u /* ro, 64 bit: requests that broke rule 11 of docs/risk.md */
#define TICKGATE_COUNTER_RISK_COLLAR 0x650u /* ro, 64 bit: requests that broke rule 12 of docs/risk.md */
#define TICKGATE_COUNTER_RISK_BAND 0x658u /* ro, 64 bit: requests that broke rule 13 of docs/risk.md */
#define TICKGATE_COUNTER_RISK_POSITION 0x660u /* ro, 64 bit: requests that broke rule 14 of docs/risk.md */
#define TICKGATE_COUNTER_RISK_GROSS 0x668u /* ro, 64 bit: requests that broke rule 15 of docs/risk.md */
#define TICKGATE_COUNTER_RISK_NET 0x670u /* ro, 64 bit: requests that broke rule 16 of docs/risk.md */
#define TICKGATE_COUNTER_RISK_OPEN_ORDERS 0x678u /* ro, 64 bit: requests that broke rule 17 of docs/risk.md */
#define TICKGATE_COUNTER_RISK_RATE 0x680u /* ro, 64 bit: requests that broke rule 18 of docs/risk.md */
#define TICKGATE_COUNTER_RISK_DUPLICATE 0x688u /* ro, 64 bit: requests that broke rule 19 of docs/risk.md */
#define TICKGATE_COUNTER_RISK_SELF_TRADE 0x690u /* ro, 64 bit: requests that broke rule 20 of docs/risk.md */
#define TICKGATE_COUNTER_RISK_SHORT_SALE 0x698u /* ro, 64 bit: requests that broke rule 21 of docs/risk.md */
#define TICKGATE_COUNTER_RISK_THROTTLE 0x6a0u /* ro, 64 bit: requests that broke rule 22 of docs/risk.md */
#define TICKGATE_COUNTER_RISK_ADMIN 0x6a8u /* ro, 64 bit: commands of the admin page that were done */
#define TICKGATE_COUNTER_RISK_ADMIN_REFUSED 0x6b0u /* ro, 64 bit: writes to the admin page that did nothing: locked, wrong key, no such register, command, account or symbol */
#define TICKGATE_COUNTER_RISK_OVERRUNS 0x6b8u /* ro, 64 bit: writes to a slot of a window that was published and not yet taken */

/* State word of a symbol. */
#define TICKGATE_STATE_TRADING 0x00000007u /* TradingState, from the last H message */
#define TICKGATE_STATE_TRADING_SHIFT 0
#define TICKGATE_STATE_OPERATIONAL_HALT 0x00000038u /* operational halt (h) on market Q (bit 3), B (4), X (5) */
#define TICKGATE_STATE_OPERATIONAL_HALT_SHIFT 3
#define TICKGATE_STATE_REGSHO 0x000000c0u /* Reg SHO (Y): bit 6 in effect after an intraday drop, bit 7 stays in effect */
#define TICKGATE_STATE_REGSHO_SHIFT 6
#define TICKGATE_STATE_SYSTEM_EVENT 0x00000700u /* last system event (S): 0 none, then O S Q M E C as 1..6 */
#define TICKGATE_STATE_SYSTEM_EVENT_SHIFT 8
#define TICKGATE_STATE_LULD_COLLAR 0x00000800u /* an auction collar (J) was seen */
#define TICKGATE_STATE_MWCB 0x00003000u /* market-wide circuit breaker (W): level breached, 0 none, 1..3 */
#define TICKGATE_STATE_MWCB_SHIFT 12
#define TICKGATE_STATE_DIRECTORY 0x00004000u /* the symbol's directory message (R) was seen */
#define TICKGATE_STATE_STALE 0x00010000u /* behind the feed: gap not recovered, or feed silent */
#define TICKGATE_STATE_INCOMPLETE 0x00020000u /* the top K may lack a level: table full, price outside the window */
#define TICKGATE_STATE_CROSSED 0x00040000u /* best bid at or above best ask */
#define TICKGATE_STATE_ERROR 0x00080000u /* the symbol's messages contradict the book: unknown reference, over-execution, ... */
#define TICKGATE_STATE_SUSPECT 0x00100000u /* bytes of a bad frame may be in the book */
#define TICKGATE_STATE_CLEARING 0x00200000u /* start-of-day clear is under way */
#define TICKGATE_STATE_NOT_LIVE 0x003f0000u /* any: the book is not live */

enum tickgate_kind {
    TICKGATE_KIND_BOOK = 1, /* the book of one symbol, settled up to `feed_seq` */
    TICKGATE_KIND_FEED = 2, /* something happened to the feed: `cause` is a FeedEvent; levels are zero */
};

enum tickgate_event {
    TICKGATE_EVENT_STALE = 1, /* a gap outlived its window [first sequence number missing] */
    TICKGATE_EVENT_RECOVERED = 2, /* the gap is filled [next expected sequence number] */
    TICKGATE_EVENT_SILENT = 3, /* no packet and no heartbeat for the silence time [next expected sequence number] */
    TICKGATE_EVENT_HEARD = 4, /* the feed is heard again [next expected sequence number] */
    TICKGATE_EVENT_SUSPECT = 5, /* messages of a frame that proved bad were taken [next expected sequence number] */
    TICKGATE_EVENT_SESSION_ENDED = 6, /* end of session [next expected sequence number] */
    TICKGATE_EVENT_CLEARED = 7, /* start-of-day clear has finished [next expected sequence number] */
};

enum tickgate_trading {
    TICKGATE_TRADING_UNKNOWN = 0, /* no H message was seen */
    TICKGATE_TRADING_HALTED = 1, /* halted (H) */
    TICKGATE_TRADING_PAUSED = 2, /* paused (P) */
    TICKGATE_TRADING_QUOTATION = 3, /* quotation only (Q) */
    TICKGATE_TRADING_TRADING = 4, /* trading (T) */
};

/* ITCH message types, as in a record's cause. */
enum tickgate_itch {
    TICKGATE_ITCH_SYSTEM_EVENT = 'S',
    TICKGATE_ITCH_STOCK_DIRECTORY = 'R',
    TICKGATE_ITCH_STOCK_TRADING_ACTION = 'H',
    TICKGATE_ITCH_REG_SHO_RESTRICTION = 'Y',
    TICKGATE_ITCH_MARKET_PARTICIPANT_POSITION = 'L',
    TICKGATE_ITCH_MWCB_DECLINE_LEVELS = 'V',
    TICKGATE_ITCH_MWCB_STATUS = 'W',
    TICKGATE_ITCH_IPO_QUOTING_PERIOD = 'K',
    TICKGATE_ITCH_LULD_AUCTION_COLLAR = 'J',
    TICKGATE_ITCH_OPERATIONAL_HALT = 'h',
    TICKGATE_ITCH_ADD_ORDER = 'A',
    TICKGATE_ITCH_ADD_ORDER_ATTRIBUTED = 'F',
    TICKGATE_ITCH_ORDER_EXECUTED = 'E',
    TICKGATE_ITCH_ORDER_EXECUTED_WITH_PRICE = 'C',
    TICKGATE_ITCH_ORDER_CANCEL = 'X',
    TICKGATE_ITCH_ORDER_DELETE = 'D',
    TICKGATE_ITCH_ORDER_REPLACE = 'U',
    TICKGATE_ITCH_TRADE = 'P',
    TICKGATE_ITCH_CROSS_TRADE = 'Q',
    TICKGATE_ITCH_BROKEN_TRADE = 'B',
    TICKGATE_ITCH_NET_ORDER_IMBALANCE = 'I',
    TICKGATE_ITCH_RETAIL_INTEREST = 'N',
    TICKGATE_ITCH_DIRECT_LISTING = 'O',
};

struct tickgate_level {
    uint32_t price; /* 1/10,000 */
    uint32_t shares; /* shares of all its orders */
    uint32_t orders; /* number of its orders */
};

/* Ring record with 4 levels a side. */
struct tickgate_record_4 {
    uint64_t seq; /* number of the record in the ring, from 1; written last */
    uint64_t feed_seq; /* MoldUDP64 sequence number of the last message in this book */
    uint64_t exchange_ns; /* that message's ITCH time stamp, ns since midnight Eastern */
    uint64_t device_cycles; /* cycle, from reset, in which the word with its last byte entered the core */
    uint32_t state; /* state word */
    uint16_t locate; /* stock locate of the symbol */
    uint8_t symbol; /* index of the symbol */
    uint8_t cause; /* BOOK: ITCH type of that message; FEED: FeedEvent */
    uint32_t last_price; /* price of the last trade (E, C, P), 1/10,000; 0 before the first */
    uint32_t last_shares; /* its shares */
    uint8_t kind; /* RecordKind */
    uint8_t bids_valid; /* levels of `bids` that are true; fewer than there are while the book moves */
    uint8_t asks_valid; /* the same for `asks` */
    uint8_t whole; /* bit 0: `bids` holds all levels there are, up to K; bit 1: `asks` does */
    uint8_t lat_decode; /* cycles from `device_cycles` until the message was decoded */
    uint8_t lat_best; /* cycles until the best price was up to date */
    uint16_t lat_levels; /* cycles until all levels were known */
    uint64_t aux; /* FEED: see FeedEvent; BOOK: number of book messages applied to this symbol */
    struct tickgate_level bids[4];
    struct tickgate_level asks[4];
    uint8_t filling[96];
};
static_assert(sizeof(struct tickgate_record_4) == 256, "tickgate_record_4");
static_assert(offsetof(struct tickgate_record_4, seq) == 0, "tickgate_record_4.seq");
static_assert(offsetof(struct tickgate_record_4, feed_seq) == 8, "tickgate_record_4.feed_seq");
static_assert(offsetof(struct tickgate_record_4, exchange_ns) == 16, "tickgate_record_4.exchange_ns");
static_assert(offsetof(struct tickgate_record_4, device_cycles) == 24, "tickgate_record_4.device_cycles");
static_assert(offsetof(struct tickgate_record_4, state) == 32, "tickgate_record_4.state");
static_assert(offsetof(struct tickgate_record_4, locate) == 36, "tickgate_record_4.locate");
static_assert(offsetof(struct tickgate_record_4, symbol) == 38, "tickgate_record_4.symbol");
static_assert(offsetof(struct tickgate_record_4, cause) == 39, "tickgate_record_4.cause");
static_assert(offsetof(struct tickgate_record_4, last_price) == 40, "tickgate_record_4.last_price");
static_assert(offsetof(struct tickgate_record_4, last_shares) == 44, "tickgate_record_4.last_shares");
static_assert(offsetof(struct tickgate_record_4, kind) == 48, "tickgate_record_4.kind");
static_assert(offsetof(struct tickgate_record_4, bids_valid) == 49, "tickgate_record_4.bids_valid");
static_assert(offsetof(struct tickgate_record_4, asks_valid) == 50, "tickgate_record_4.asks_valid");
static_assert(offsetof(struct tickgate_record_4, whole) == 51, "tickgate_record_4.whole");
static_assert(offsetof(struct tickgate_record_4, lat_decode) == 52, "tickgate_record_4.lat_decode");
static_assert(offsetof(struct tickgate_record_4, lat_best) == 53, "tickgate_record_4.lat_best");
static_assert(offsetof(struct tickgate_record_4, lat_levels) == 54, "tickgate_record_4.lat_levels");
static_assert(offsetof(struct tickgate_record_4, aux) == 56, "tickgate_record_4.aux");
static_assert(offsetof(struct tickgate_record_4, bids) == 64, "tickgate_record_4.bids");
static_assert(offsetof(struct tickgate_record_4, asks) == 112, "tickgate_record_4.asks");

/* Ring record with 8 levels a side. */
struct tickgate_record_8 {
    uint64_t seq; /* number of the record in the ring, from 1; written last */
    uint64_t feed_seq; /* MoldUDP64 sequence number of the last message in this book */
    uint64_t exchange_ns; /* that message's ITCH time stamp, ns since midnight Eastern */
    uint64_t device_cycles; /* cycle, from reset, in which the word with its last byte entered the core */
    uint32_t state; /* state word */
    uint16_t locate; /* stock locate of the symbol */
    uint8_t symbol; /* index of the symbol */
    uint8_t cause; /* BOOK: ITCH type of that message; FEED: FeedEvent */
    uint32_t last_price; /* price of the last trade (E, C, P), 1/10,000; 0 before the first */
    uint32_t last_shares; /* its shares */
    uint8_t kind; /* RecordKind */
    uint8_t bids_valid; /* levels of `bids` that are true; fewer than there are while the book moves */
    uint8_t asks_valid; /* the same for `asks` */
    uint8_t whole; /* bit 0: `bids` holds all levels there are, up to K; bit 1: `asks` does */
    uint8_t lat_decode; /* cycles from `device_cycles` until the message was decoded */
    uint8_t lat_best; /* cycles until the best price was up to date */
    uint16_t lat_levels; /* cycles until all levels were known */
    uint64_t aux; /* FEED: see FeedEvent; BOOK: number of book messages applied to this symbol */
    struct tickgate_level bids[8];
    struct tickgate_level asks[8];
};
static_assert(sizeof(struct tickgate_record_8) == 256, "tickgate_record_8");
static_assert(offsetof(struct tickgate_record_8, seq) == 0, "tickgate_record_8.seq");
static_assert(offsetof(struct tickgate_record_8, feed_seq) == 8, "tickgate_record_8.feed_seq");
static_assert(offsetof(struct tickgate_record_8, exchange_ns) == 16, "tickgate_record_8.exchange_ns");
static_assert(offsetof(struct tickgate_record_8, device_cycles) == 24, "tickgate_record_8.device_cycles");
static_assert(offsetof(struct tickgate_record_8, state) == 32, "tickgate_record_8.state");
static_assert(offsetof(struct tickgate_record_8, locate) == 36, "tickgate_record_8.locate");
static_assert(offsetof(struct tickgate_record_8, symbol) == 38, "tickgate_record_8.symbol");
static_assert(offsetof(struct tickgate_record_8, cause) == 39, "tickgate_record_8.cause");
static_assert(offsetof(struct tickgate_record_8, last_price) == 40, "tickgate_record_8.last_price");
static_assert(offsetof(struct tickgate_record_8, last_shares) == 44, "tickgate_record_8.last_shares");
static_assert(offsetof(struct tickgate_record_8, kind) == 48, "tickgate_record_8.kind");
static_assert(offsetof(struct tickgate_record_8, bids_valid) == 49, "tickgate_record_8.bids_valid");
static_assert(offsetof(struct tickgate_record_8, asks_valid) == 50, "tickgate_record_8.asks_valid");
static_assert(offsetof(struct tickgate_record_8, whole) == 51, "tickgate_record_8.whole");
static_assert(offsetof(struct tickgate_record_8, lat_decode) == 52, "tickgate_record_8.lat_decode");
static_assert(offsetof(struct tickgate_record_8, lat_best) == 53, "tickgate_record_8.lat_best");
static_assert(offsetof(struct tickgate_record_8, lat_levels) == 54, "tickgate_record_8.lat_levels");
static_assert(offsetof(struct tickgate_record_8, aux) == 56, "tickgate_record_8.aux");
static_assert(offsetof(struct tickgate_record_8, bids) == 64, "tickgate_record_8.bids");
static_assert(offsetof(struct tickgate_record_8, asks) == 160, "tickgate_record_8.asks");

enum tickgate_slot {
    TICKGATE_SLOT_NEW = 0x1,
    TICKGATE_SLOT_REPLACE = 0x2,
    TICKGATE_SLOT_CANCEL = 0x3,
    TICKGATE_SLOT_MASS_CANCEL = 0x4,
    TICKGATE_SLOT_ACK = 0x10,
    TICKGATE_SLOT_FILL = 0x11,
    TICKGATE_SLOT_REPLACED = 0x12,
    TICKGATE_SLOT_REPLACE_REJECTED = 0x13,
    TICKGATE_SLOT_CANCELLED = 0x14,
    TICKGATE_SLOT_REJECTED = 0x15,
    TICKGATE_SLOT_EXPIRED = 0x16,
    TICKGATE_SLOT_BUST = 0x17,
    TICKGATE_SLOT_CORRECT = 0x18,
};

enum tickgate_side {
    TICKGATE_SIDE_BUY = 0x1,
    TICKGATE_SIDE_SELL = 0x2,
    TICKGATE_SIDE_SELL_SHORT = 0x5,
    TICKGATE_SIDE_SELL_SHORT_EXEMPT = 0x6,
};

enum tickgate_order {
    TICKGATE_ORDER_MARKET = 0x1,
    TICKGATE_ORDER_LIMIT = 0x2,
};

enum tickgate_status {
    TICKGATE_STATUS_ACCEPTED = 0x1,
    TICKGATE_STATUS_REFUSED = 0x2,
    TICKGATE_STATUS_APPLIED = 0x3,
    TICKGATE_STATUS_UNMATCHED = 0x4,
};

enum tickgate_rule {
    TICKGATE_RULE_GLOBAL_KILL = 0x1,
    TICKGATE_RULE_SYMBOL_KILL = 0x2,
    TICKGATE_RULE_ACCOUNT_KILL = 0x4,
    TICKGATE_RULE_HEARTBEAT = 0x8,
    TICKGATE_RULE_UNKNOWN = 0x10,
    TICKGATE_RULE_NOT_LIVE = 0x20,
    TICKGATE_RULE_NOT_TRADING = 0x40,
    TICKGATE_RULE_RESTRICTED = 0x80,
    TICKGATE_RULE_MALFORMED = 0x100,
    TICKGATE_RULE_MAX_SHARES = 0x200,
    TICKGATE_RULE_MAX_NOTIONAL = 0x400,
    TICKGATE_RULE_COLLAR = 0x800,
    TICKGATE_RULE_BAND = 0x1000,
    TICKGATE_RULE_POSITION = 0x2000,
    TICKGATE_RULE_GROSS = 0x4000,
    TICKGATE_RULE_NET = 0x8000,
    TICKGATE_RULE_OPEN_ORDERS = 0x10000,
    TICKGATE_RULE_RATE = 0x20000,
    TICKGATE_RULE_DUPLICATE = 0x40000,
    TICKGATE_RULE_SELF_TRADE = 0x80000,
    TICKGATE_RULE_SHORT_SALE = 0x100000,
    TICKGATE_RULE_THROTTLE = 0x200000,
};

enum tickgate_fault {
    TICKGATE_FAULT_KIND = 0x1,
    TICKGATE_FAULT_SIDE = 0x2,
    TICKGATE_FAULT_TYPE = 0x4,
    TICKGATE_FAULT_SHARES = 0x8,
    TICKGATE_FAULT_PRICE = 0x10,
    TICKGATE_FAULT_TICK = 0x20,
    TICKGATE_FAULT_TOKEN = 0x40,
    TICKGATE_FAULT_ORDER = 0x80,
    TICKGATE_FAULT_NUMBER = 0x100,
};

enum tickgate_shut {
    TICKGATE_SHUT_POSITION = 0x1,
    TICKGATE_SHUT_NOTIONAL = 0x2,
    TICKGATE_SHUT_COUNT = 0x4,
};

enum tickgate_command {
    TICKGATE_COMMAND_SET_ACCOUNT = 0x0,
    TICKGATE_COMMAND_SET_SYMBOL = 0x1,
    TICKGATE_COMMAND_SET_PAIR = 0x2,
    TICKGATE_COMMAND_SET_GLOBAL = 0x3,
    TICKGATE_COMMAND_KILL_GLOBAL = 0x4,
    TICKGATE_COMMAND_RESUME_GLOBAL = 0x5,
    TICKGATE_COMMAND_KILL_SYMBOL = 0x6,
    TICKGATE_COMMAND_RESUME_SYMBOL = 0x7,
    TICKGATE_COMMAND_KILL_ACCOUNT = 0x8,
    TICKGATE_COMMAND_RESUME_ACCOUNT = 0x9,
    TICKGATE_COMMAND_RESUME_HEARTBEAT = 0xa,
    TICKGATE_COMMAND_ENABLE_PAIR = 0xb,
};

enum tickgate_page {
    TICKGATE_PAGE_REGISTERS = 0x0,
    TICKGATE_PAGE_ORDERS = 0x1,
    TICKGATE_PAGE_REPORTS = 0x2,
    TICKGATE_PAGE_ADMIN = 0x3,
};

#define TICKGATE_PAGE_BYTES 0x1000u
#define TICKGATE_SLOTS 16u
#define TICKGATE_HEARTBEAT 0x800u /* in page REPORTS */
#define TICKGATE_ADMIN_KEY 0x000u /* the key, lower word first: the upper word unlocks the page if both are right, and locks it if not; the first key after reset that is not 0 becomes the right one; 16777216 cycles after the last key the page locks itself */
#define TICKGATE_ADMIN_SELECT 0x008u /* what a command speaks of */
#define TICKGATE_ADMIN_COMMAND 0x00cu /* act */
#define TICKGATE_ADMIN_ROW0 0x020u /* bits 0 to 31 of the row of limits */
#define TICKGATE_ADMIN_ROW1 0x024u /* bits 32 to 63 of the row of limits */
#define TICKGATE_ADMIN_ROW2 0x028u /* bits 64 to 95 of the row of limits */
#define TICKGATE_ADMIN_ROW3 0x02cu /* bits 96 to 127 of the row of limits */
#define TICKGATE_ADMIN_ROW4 0x030u /* bits 128 to 159 of the row of limits */
#define TICKGATE_ADMIN_ROW5 0x034u /* bits 160 to 191 of the row of limits */
#define TICKGATE_ADMIN_ROW6 0x038u /* bits 192 to 223 of the row of limits */
#define TICKGATE_ADMIN_ROW7 0x03cu /* bits 224 to 255 of the row of limits */

struct tickgate_request {
    uint64_t client; /* the host's own number, given back in the verdict */
    uint32_t token; /* names the order; its low bits are its place in the table of open orders */
    uint32_t shares; /* NEW: shares; REPLACE: shares open after it; else 0 */
    uint32_t price; /* NEW and REPLACE of a limit order: 1/10,000; else 0 */
    uint32_t reserved; /* 0 */
    uint16_t account; /* index of the account */
    uint16_t symbol; /* index of the symbol; ALL_SYMBOLS in a mass cancel of all */
    uint8_t kind; /* Kind */
    uint8_t side; /* Side */
    uint8_t type; /* OrderType */
    uint8_t flags; /* 0 */
};
static_assert(sizeof(struct tickgate_request) == 32, "tickgate_request");

struct tickgate_report {
    uint32_t number; /* number of the report for this token, greater than that of the one before */
    uint32_t old_price; /* CORRECT: the price that was reported, 1/10,000; else 0 */
    uint32_t token; /* the order */
    uint32_t shares; /* FILL, BUST, CORRECT: shares; REPLACED: shares open after it; else 0 */
    uint32_t price; /* FILL, BUST: price; CORRECT: the right price; else 0 */
    uint32_t reserved; /* 0 */
    uint16_t account; /* 0 */
    uint16_t symbol; /* 0 */
    uint8_t kind; /* Kind */
    uint8_t side; /* 0 */
    uint8_t type; /* 0 */
    uint8_t flags; /* 0 */
};
static_assert(sizeof(struct tickgate_report) == 32, "tickgate_report");

struct tickgate_verdict {
    uint64_t seq; /* number of the verdict, from 1, without gaps */
    uint64_t cycles_in; /* cycle in which the slot entered the gate */
    uint64_t cycles_out; /* cycle in which it was decided */
    uint64_t client; /* requests: the host's number; reports: number, and old_price in the upper half */
    uint32_t token; /* as asked */
    uint32_t shares; /* as asked */
    uint32_t price; /* as asked */
    uint32_t mask; /* Rule, every rule broken; 0 for a report */
    uint16_t account; /* as asked; reports: of the token's order, 0 if there is none */
    uint16_t symbol; /* likewise */
    uint8_t kind; /* as asked */
    uint8_t side; /* as asked; reports: of the token's order, 0 if there is none */
    uint8_t type; /* likewise */
    uint8_t status; /* Status */
    uint16_t fault; /* Fault */
    uint16_t flags; /* what the symbol was in the cycle of the decision: bit 0 live, 1 trading, 2 short sale restricted; bit 3 best bid, 4 best ask, 5 last trade existed on entry */
    uint32_t effective; /* price the rules took: the order's, or the touch for a market order */
    uint32_t bid; /* best bid on entry, 0 if there was none */
    uint32_t ask; /* best ask on entry, likewise */
    uint32_t last; /* last trade on entry, likewise */
    uint32_t shut; /* Shut of the account, after this slot */
    uint32_t pair_open; /* open orders of account and symbol: requests before, reports after */
    uint32_t account_open; /* open orders of the account, likewise */
    uint32_t short_used; /* located shares in use, likewise */
    uint32_t fills; /* fills in the window of rule 22, likewise */
    uint64_t notional; /* effective price times shares */
    int64_t worst; /* shares: NEW, REPLACE: position with all open orders of the side, before this one; reports: position after */
    uint64_t gross; /* the account's gross notional: requests before, reports after */
    int64_t net; /* the account's net notional, worst of the side: requests before; reports: net filled notional after */
};
static_assert(sizeof(struct tickgate_verdict) == 128, "tickgate_verdict");

#endif
