"""A trade: one fill, with what is known of it after its busts and corrections."""

from dataclasses import dataclass

from wire.risk import Side

__all__ = ["Trade"]


@dataclass(frozen=True, slots=True)
class Trade:
    """exec_id: of the fill, whatever corrected it. shares, price (1/10,000), fee (1/10,000 of a dollar): as they are
    now. time_ns: of the fill, by the venue, since 1970. busted: it does not count."""

    exec_id: str
    account: int
    symbol: int
    side: Side
    shares: int
    price: int
    fee: int
    time_ns: int
    busted: bool = False

    @property
    def signed_shares(self) -> int:
        """Shares that it adds to the position: negative when sold, 0 when busted."""
        if self.busted:
            return 0
        return self.shares if self.side == Side.BUY else -self.shares
