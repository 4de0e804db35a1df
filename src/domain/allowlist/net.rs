//! An address or a CIDR range, in one canonical form.

use std::net::{IpAddr, Ipv4Addr};
use std::str::FromStr;

use ipnet::{IpNet, Ipv4Net};

use crate::domain::Invalid;

const HOW: &str =
    "write an address (203.0.113.7, 2001:db8::1) or a range (203.0.113.0/24, 2001:db8::/32)";

/// An IPv4-mapped IPv6 address (`::ffff:a.b.c.d`) is the IPv4 address; any other stays what it is.
fn unmapped(address: IpAddr) -> IpAddr {
    address.to_canonical()
}

/// Reads a client's address; an IPv4-mapped one is the IPv4 address.
///
/// # Errors
/// If it is no address, or has a zone id, which means nothing on another machine.
pub fn parse_address(text: &str) -> Result<IpAddr, Invalid> {
    if text.contains('%') {
        return Err(Invalid::new(format!(
            "'{text}' has a zone id, which only its own machine understands"
        ))
        .hint(HOW));
    }
    text.parse()
        .map(unmapped)
        .map_err(|_| Invalid::new(format!("'{text}' is not an IP address")).hint(HOW))
}

/// An address or a range of them. As text it is canonical: a single address has no `/32` or `/128`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Net(IpNet);

impl From<IpAddr> for Net {
    /// The single address.
    fn from(address: IpAddr) -> Self {
        Net(IpNet::from(unmapped(address)))
    }
}

impl Net {
    pub(super) fn ip_net(self) -> IpNet {
        self.0
    }

    /// The bits of its first address.
    pub fn bits(&self) -> u128 {
        match self.0.addr() {
            IpAddr::V4(address) => u128::from(address.to_bits()),
            IpAddr::V6(address) => address.to_bits(),
        }
    }

    /// The network of this prefix length around an address; a length that is too long means the
    /// address alone.
    pub fn around(address: IpAddr, length: u8) -> Self {
        let address = unmapped(address);
        Net(IpNet::new(address, length).map_or_else(|_| IpNet::from(address), |net| net.trunc()))
    }

    /// Whether the address is one of these. An IPv4-mapped address counts as the IPv4 address.
    pub fn contains(&self, address: IpAddr) -> bool {
        self.0.contains(&unmapped(address))
    }

    /// Whether all of `other` lies in it.
    pub fn covers(&self, other: &Net) -> bool {
        self.0.contains(&other.0)
    }

    /// The network that it belongs to, as networks are commonly given out: `/24` of IPv4, `/48` of
    /// IPv6. What is wider stays what it is.
    #[must_use]
    pub fn neighbourhood(&self) -> Net {
        self.within(24, 48)
    }

    /// The network of a provider, roughly, that it belongs to: `/16` of IPv4, `/32` of IPv6. What is
    /// wider stays what it is.
    #[must_use]
    pub fn region(&self) -> Net {
        self.within(16, 32)
    }

    /// The link of a host over IPv6, `/64`; over IPv4 the address alone. What is wider stays what it
    /// is.
    #[must_use]
    pub fn link(&self) -> Net {
        self.within(32, 64)
    }

    fn within(&self, v4: u8, v6: u8) -> Net {
        let length = if self.0.addr().is_ipv4() { v4 } else { v6 };
        IpNet::new(self.0.addr(), length.min(self.0.prefix_len()))
            .map_or(*self, |net| Net(net.trunc()))
    }
}

impl FromStr for Net {
    type Err = Invalid;

    /// `::ffff:a.b.c.d/n` with n ≥ 96 is the IPv4 range `/(n−96)`. Host bits are an error that
    /// offers the range meant.
    fn from_str(text: &str) -> Result<Self, Invalid> {
        let Some((address, length)) = text.split_once('/') else {
            return parse_address(text).map(Net::from);
        };
        let fault = || Invalid::new(format!("'{text}' is not an address range")).hint(HOW);
        parse_address(address)?;
        let canonical = length == "0"
            || (!length.starts_with('0') && length.bytes().all(|c| c.is_ascii_digit()));
        let length: u8 = length
            .parse()
            .ok()
            .filter(|_| canonical)
            .ok_or_else(fault)?;
        let address: IpAddr = address.parse().map_err(|_| fault())?;
        let net = match (address, unmapped(address)) {
            (IpAddr::V6(_), IpAddr::V4(mapped)) if length >= 96 => ipv4(mapped, length - 96),
            _ => IpNet::new(address, length).ok(),
        }
        .ok_or_else(fault)?;
        if net.addr() == net.network() {
            Ok(Net(net))
        } else {
            let meant = Net(net.trunc());
            Err(Invalid::new(format!(
                "'{text}' has host bits set; did you mean '{meant}'?"
            ))
            .hint(format!("for the single address, leave the '/{length}' out")))
        }
    }
}

fn ipv4(address: Ipv4Addr, length: u8) -> Option<IpNet> {
    Ipv4Net::new(address, length).ok().map(IpNet::V4)
}

impl std::fmt::Display for Net {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        if self.0.prefix_len() == self.0.max_prefix_len() {
            write!(f, "{}", self.0.addr())
        } else {
            write!(f, "{}", self.0)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn net(text: &str) -> Net {
        text.parse().unwrap()
    }

    #[test]
    fn entries_are_canonical() {
        for (text, canonical) in [
            ("203.0.113.7", "203.0.113.7"),
            ("203.0.113.7/32", "203.0.113.7"),
            ("203.0.113.0/24", "203.0.113.0/24"),
            ("0.0.0.0/0", "0.0.0.0/0"),
            ("2001:DB8:0::1", "2001:db8::1"),
            ("2001:db8::1/128", "2001:db8::1"),
            ("2001:db8::/32", "2001:db8::/32"),
            ("::/0", "::/0"),
            ("::ffff:10.1.2.3", "10.1.2.3"),
            ("::ffff:10.1.2.0/120", "10.1.2.0/24"),
            ("::ffff:0:0/96", "0.0.0.0/0"),
            ("::ffff:10.1.2.3/128", "10.1.2.3"),
            ("::/95", "::/95"),
        ] {
            assert_eq!(net(text).to_string(), canonical, "{text}");
            assert_eq!(net(canonical), net(text));
        }
    }

    #[test]
    fn malformed_entries_are_refused() {
        for text in [
            "",
            " ",
            "10.0.0",
            "10.0.0.256",
            "10.0.0.0/33",
            "10.0.0.0/08",
            "10.0.0.0/+8",
            "10.0.0.0/-1",
            "10.0.0.0/",
            "/8",
            "10.0.0.0/8/8",
            "010.0.0.1",
            "10.0.0.1:80",
            "10.0.0.0/255.0.0.0",
            "2001:db8::/129",
            "2001:db8:::1",
            "fe80::1%eth0",
            "fe80::%1/64",
            "[::1]",
            "localhost",
            "10.0.0.1 ",
            "0x7f.1",
            "1",
            "::ffff:10.0.0.0/129",
            "10.0.0.*",
            "10.0.0.0/ 8",
            "10.0.0.0/٨",
        ] {
            assert!(text.parse::<Net>().is_err(), "{text}");
        }
    }

    #[test]
    fn host_bits_are_an_error_that_offers_the_network_meant() {
        for (text, meant) in [
            ("10.1.2.3/8", "10.0.0.0/8"),
            ("2001:db8::1/32", "2001:db8::/32"),
            ("::ffff:10.1.2.3/104", "10.0.0.0/8"),
            ("::ffff:10.1.2.3/95", "::fffe:0:0/95"),
        ] {
            let fault = text.parse::<Net>().unwrap_err();
            assert_eq!(
                fault.message,
                format!("'{text}' has host bits set; did you mean '{meant}'?")
            );
        }
    }

    #[test]
    fn an_address_belongs_to_the_network_that_is_commonly_given_out() {
        for (text, around) in [
            ("203.0.113.7", "203.0.113.0/24"),
            ("203.0.113.128/25", "203.0.113.0/24"),
            ("203.0.0.0/16", "203.0.0.0/16"),
            ("2001:db8:1:2::3", "2001:db8:1::/48"),
            ("2001:db8::/32", "2001:db8::/32"),
        ] {
            assert_eq!(net(text).neighbourhood(), net(around), "{text}");
        }
    }
}
