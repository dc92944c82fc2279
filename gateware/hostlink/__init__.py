"""The link to the host over Ethernet: registers and orders as Etherbone, ring records as datagrams."""
