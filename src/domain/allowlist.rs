//! From where a key may be used: addresses and CIDR ranges.

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
        let length = if self.0.addr().is_ipv4() { 24 } else { 48 };
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

/// The networks from which a key may be used; none means from everywhere. Sorted, each once.
///
/// As text: the networks joined by a space.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Allowlist(Vec<Net>);

impl Allowlist {
    /// Its entries, sorted.
    pub fn entries(&self) -> &[Net] {
        &self.0
    }

    /// Whether there is no entry, hence no restriction.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Whether the address may use the key.
    pub fn admits(&self, address: IpAddr) -> bool {
        self.is_empty() || self.0.iter().any(|net| net.contains(address))
    }

    /// Whether every address of the network may use the key.
    pub fn covers(&self, net: &Net) -> bool {
        self.is_empty() || self.0.iter().any(|entry| entry.covers(net))
    }

    /// The list with these entries added.
    #[must_use]
    pub fn with(&self, nets: &[Net]) -> Allowlist {
        self.0.iter().chain(nets).copied().collect()
    }

    /// The list without these entries.
    ///
    /// # Errors
    /// The first of `nets` that is not an entry.
    pub fn without(&self, nets: &[Net]) -> Result<Allowlist, Net> {
        match nets.iter().find(|net| !self.0.contains(net)) {
            Some(absent) => Err(*absent),
            None => Ok(self
                .0
                .iter()
                .filter(|net| !nets.contains(net))
                .copied()
                .collect()),
        }
    }

    /// Whether changing `self` into `new` can shut somebody out who was let in before.
    pub fn is_narrowed_by(&self, new: &Allowlist) -> bool {
        !new.is_empty() && (self.is_empty() || self.0.iter().any(|net| !new.covers(net)))
    }

    /// Whether changing `self` into `new` lets everyone in who was not let in before: no entry is
    /// left, or the entries of a family now cover all of it.
    pub fn is_opened_by(&self, new: &Allowlist) -> bool {
        (new.is_empty() && !self.is_empty())
            || new
                .whole_families()
                .any(|family| !self.whole_families().any(|before| before == family))
    }

    /// The ranges `0.0.0.0/0` and `::/0`, as far as the entries together cover them.
    fn whole_families(&self) -> impl Iterator<Item = IpNet> {
        let nets: Vec<IpNet> = self.0.iter().map(|net| net.0).collect();
        IpNet::aggregate(&nets)
            .into_iter()
            .filter(|net| net.prefix_len() == 0)
    }

    /// Whether the key can be used from every address of a family although there are entries.
    pub fn covers_everything(&self) -> bool {
        self.whole_families().next().is_some()
    }
}

impl FromIterator<Net> for Allowlist {
    fn from_iter<I: IntoIterator<Item = Net>>(nets: I) -> Self {
        let mut nets: Vec<Net> = nets.into_iter().collect();
        nets.sort_unstable();
        nets.dedup();
        Allowlist(nets)
    }
}

impl std::fmt::Display for Allowlist {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        for (i, net) in self.0.iter().enumerate() {
            if i > 0 {
                f.write_str(" ")?;
            }
            net.fmt(f)?;
        }
        Ok(())
    }
}

impl FromStr for Allowlist {
    type Err = Invalid;

    /// Reads the canonical text only.
    fn from_str(text: &str) -> Result<Self, Invalid> {
        if text.is_empty() {
            return Ok(Allowlist::default());
        }
        let list = text
            .split(' ')
            .map(Net::from_str)
            .collect::<Result<Allowlist, _>>()?;
        if list.to_string() == text {
            Ok(list)
        } else {
            Err(Invalid::new("that is not a sorted list of networks"))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn net(text: &str) -> Net {
        text.parse().unwrap()
    }

    fn list(text: &str) -> Allowlist {
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
    fn a_mapped_client_is_judged_as_the_ipv4_client_it_is() {
        let ten = list("10.0.0.0/8");
        assert!(ten.admits(parse_address("::ffff:10.1.2.3").unwrap()));
        assert!(ten.admits("::ffff:10.1.2.3".parse().unwrap()));
        assert!(!ten.admits("11.0.0.1".parse().unwrap()));
        assert!(!list("::/0").admits("10.0.0.1".parse().unwrap()));
        assert!(!list("0.0.0.0/0").admits("::1".parse().unwrap()));
        assert!(Allowlist::default().admits("::1".parse().unwrap()));
    }

    #[test]
    fn a_network_is_covered_only_as_a_whole() {
        for (held, asked, covered) in [
            ("10.0.0.0/8", "10.1.2.3", true),
            ("10.0.0.0/8", "10.1.2.0/24", true),
            ("10.1.2.0/25", "10.1.2.0/24", false),
            ("10.0.0.0/8", "::/0", false),
            ("", "::/0", true),
        ] {
            assert_eq!(list(held).covers(&net(asked)), covered, "{held:?} {asked}");
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

    #[test]
    fn adding_and_removing_keep_the_list_sorted_and_each_entry_once() {
        let two = list("10.0.0.0/8 203.0.113.7");
        assert_eq!(
            two.with(&[net("::1"), net("10.0.0.0/8"), net("9.9.9.9")])
                .to_string(),
            "9.9.9.9 10.0.0.0/8 203.0.113.7 ::1"
        );
        assert_eq!(
            two.without(&[net("203.0.113.7")]).unwrap().to_string(),
            "10.0.0.0/8"
        );
        assert_eq!(
            two.without(&[net("10.0.0.0/8"), net("10.0.0.0/9")]),
            Err(net("10.0.0.0/9"))
        );
    }

    #[test]
    fn opening_a_key_to_everyone_is_noticed() {
        for (old, new, opens) in [
            ("10.0.0.0/8", "", true),
            ("", "", false),
            ("", "10.0.0.0/8", false),
            ("", "0.0.0.0/0", true),
            ("10.0.0.0/8", "0.0.0.0/0 10.0.0.0/8", true),
            ("10.0.0.0/8", "10.0.0.0/8 ::/0", true),
            ("0.0.0.0/0", "0.0.0.0/0 10.0.0.0/8", false),
            ("0.0.0.0/1", "0.0.0.0/1 128.0.0.0/1", true),
            ("10.0.0.0/8", "11.0.0.0/8", false),
        ] {
            assert_eq!(
                list(old).is_opened_by(&list(new)),
                opens,
                "{old:?} -> {new:?}"
            );
        }
    }

    #[test]
    fn a_list_covers_everything_if_its_entries_together_hold_a_whole_family() {
        for (entries, covers) in [
            ("", false),
            ("10.0.0.0/8", false),
            ("0.0.0.0/1 10.0.0.0/8", false),
            ("0.0.0.0/1 128.0.0.0/1", true),
            ("10.0.0.0/8 ::/0", true),
        ] {
            assert_eq!(list(entries).covers_everything(), covers, "{entries:?}");
        }
    }

    #[test]
    fn only_canonical_text_reads_back_as_a_list() {
        for text in [
            " ",
            "10.0.0.0/8 ",
            "203.0.113.7 10.0.0.0/8",
            "10.0.0.1/32",
            "10.0.0.0/8 10.0.0.0/8",
        ] {
            assert!(text.parse::<Allowlist>().is_err(), "{text:?}");
        }
    }
}
