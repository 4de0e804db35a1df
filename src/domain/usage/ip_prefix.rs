//! How much of a client's address is kept, for those who may not keep all of it.

use std::net::IpAddr;
use std::str::FromStr;

use crate::domain::{Invalid, Net};

/// How much of a client's address is kept: the length of the network prefix, for IPv4 and for IPv6.
/// As text: `24,48`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct IpPrefix {
    v4: u8,
    v6: u8,
}

impl IpPrefix {
    /// The whole address.
    pub const WHOLE: IpPrefix = IpPrefix { v4: 32, v6: 128 };

    /// What is kept of an address.
    pub fn truncate(self, ip: IpAddr) -> Net {
        Net::around(
            ip,
            if ip.to_canonical().is_ipv4() {
                self.v4
            } else {
                self.v6
            },
        )
    }
}

/// The whole address.
impl Default for IpPrefix {
    fn default() -> Self {
        IpPrefix::WHOLE
    }
}

impl FromStr for IpPrefix {
    type Err = Invalid;

    fn from_str(text: &str) -> Result<Self, Invalid> {
        let length =
            |text: &str, longest: u8| text.parse().ok().filter(|length| *length <= longest);
        text.split_once(',')
            .and_then(|(v4, v6)| {
                Some(IpPrefix {
                    v4: length(v4, 32)?,
                    v6: length(v6, 128)?,
                })
            })
            .ok_or_else(|| {
                Invalid::new(format!("'{text}' is not a pair of prefix lengths"))
                    .hint("write both, for IPv4 and IPv6: 24,48")
            })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_prefix_keeps_the_network_of_an_address() {
        let kept = |prefix: &str, ip: &str| {
            prefix
                .parse::<IpPrefix>()
                .unwrap()
                .truncate(ip.parse().unwrap())
                .to_string()
        };
        assert_eq!(kept("24,48", "203.0.113.77"), "203.0.113.0/24");
        assert_eq!(kept("24,48", "::ffff:203.0.113.77"), "203.0.113.0/24");
        assert_eq!(kept("24,48", "2001:db8:1:2::3"), "2001:db8:1::/48");
        assert_eq!(kept("32,128", "2001:db8::1"), "2001:db8::1");
        assert_eq!(kept("0,0", "203.0.113.77"), "0.0.0.0/0");
        assert_eq!(
            IpPrefix::WHOLE
                .truncate("203.0.113.77".parse().unwrap())
                .to_string(),
            "203.0.113.77"
        );
        for text in [
            "", "24", "24,", "33,48", "24,129", "24,48,1", "-1,48", "24, 48",
        ] {
            assert!(text.parse::<IpPrefix>().is_err(), "{text}");
        }
    }
}
