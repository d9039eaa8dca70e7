//! Where notifications may go: this machine, and hosts that were allowed by name. A name is resolved once, every
//! address of it is checked, and the caller connects to those addresses and to nothing that is resolved later.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};

use axum::http::Uri;
use axum::http::uri::Scheme;

/// The longest URL, in bytes: what `vaultingNotificationUrl` may have.
const LONGEST_URL: usize = 2048;
/// How many addresses of a name are looked at.
const MOST_ADDRESSES: usize = 32;

/// Where clouds have their metadata service, if not at a link-local address: Alibaba Cloud and AWS.
const CLOUD_METADATA: [IpAddr; 2] = [
    IpAddr::V4(Ipv4Addr::new(100, 100, 100, 200)),
    IpAddr::V6(Ipv6Addr::new(0xfd00, 0xec2, 0, 0, 0, 0, 0, 0x254)),
];

/// The URL of a receiver.
#[derive(Clone, Debug)]
pub(super) struct Destination {
    uri: Uri,
}

/// Which destinations are allowed beside this machine's own.
#[derive(Clone, Debug, Default)]
pub(super) struct Allowed {
    /// Lower case, without brackets and final dots.
    hosts: Vec<String>,
    /// What to write to allow one more, for example `--allow-notify`.
    option: &'static str,
    /// The sandbox's own ports: only its inbox takes notifications.
    own_ports: Vec<u16>,
}

impl Destination {
    /// Reads a URL, or says why no notification can go there.
    pub(super) fn parse(url: &str) -> Result<Self, String> {
        let unusable = |why: &str| format!("the notification URL cannot be used: {why}");
        if url.len() > LONGEST_URL {
            return Err(unusable("it is longer than 2048 bytes"));
        }
        let uri: Uri = url
            .parse()
            .map_err(|_| unusable("it is not an absolute http or https URL"))?;
        if ![Some("http"), Some("https")].contains(&uri.scheme_str()) {
            return Err(unusable("it does not begin with http:// or https://"));
        }
        let authority = uri
            .authority()
            .ok_or_else(|| unusable("it names no host"))?
            .as_str();
        if authority.contains('@') {
            return Err(unusable("it has a user name or a password in it"));
        }
        if uri.host().is_none_or(str::is_empty) {
            return Err(unusable("it names no host"));
        }
        let has_port = !without_host(authority).trim_start_matches(':').is_empty();
        if has_port && uri.port_u16().is_none_or(|port| port == 0) {
            return Err(unusable("its port is not a number from 1 to 65535"));
        }
        Ok(Self { uri })
    }

    /// The name or the address, without the brackets of IPv6.
    pub(super) fn host(&self) -> &str {
        let host = self.uri.host().unwrap_or_default();
        host.strip_prefix('[')
            .and_then(|host| host.strip_suffix(']'))
            .unwrap_or(host)
    }

    pub(super) fn is_https(&self) -> bool {
        self.uri.scheme() == Some(&Scheme::HTTPS)
    }

    pub(super) fn port(&self) -> u16 {
        let default = if self.is_https() { 443 } else { 80 };
        self.uri.port_u16().unwrap_or(default)
    }

    /// The URL for a log: without the query, which may hold a secret.
    pub(super) fn for_log(&self) -> String {
        let scheme = self.uri.scheme_str().unwrap_or_default();
        format!("{scheme}://{}{}", self.authority(), self.uri.path())
    }

    /// The value of the Host header.
    pub(super) fn authority(&self) -> &str {
        self.uri.authority().map_or("", |a| a.as_str())
    }

    /// The path with the query as they stand in the URL: what is requested, and what is signed.
    pub(super) fn path_and_query(&self) -> String {
        match self.uri.query() {
            Some(query) => format!("{}?{query}", self.uri.path()),
            None => self.uri.path().to_owned(),
        }
    }
}

impl Allowed {
    pub(super) fn new(hosts: &[String], option: &'static str, own_ports: &[u16]) -> Self {
        Self {
            hosts: hosts.iter().map(|host| plain(host)).collect(),
            option,
            own_ports: own_ports.to_vec(),
        }
    }

    /// The addresses to connect to, if every one of them is allowed.
    pub(super) fn check(
        &self,
        destination: &Destination,
        resolved: impl Iterator<Item = SocketAddr>,
    ) -> Result<Vec<SocketAddr>, String> {
        let addresses: Vec<_> = resolved.take(MOST_ADDRESSES).collect();
        for address in &addresses {
            self.check_address(destination, address.ip().to_canonical())?;
        }
        Ok(addresses)
    }

    fn check_address(&self, destination: &Destination, ip: IpAddr) -> Result<(), String> {
        let (host, option) = (destination.host(), self.option);
        let leads_to = match host.parse::<IpAddr>() {
            Ok(_) => host.to_owned(),
            Err(_) => format!("{host} leads to {ip}, which"),
        };
        if ip.is_unspecified() || ip.is_multicast() || is_broadcast(ip) {
            return Err(format!(
                "not sent: {leads_to} is no address of a single machine; correct the notification URL"
            ));
        }
        if ip.is_loopback() {
            return self.check_own_port(destination);
        }
        if is_link_local(ip) || CLOUD_METADATA.contains(&ip) {
            // There a cloud keeps its machines' credentials: a name is not enough.
            return if self.names(&ip.to_string()) {
                Ok(())
            } else {
                Err(format!(
                    "not sent: {leads_to} is a link-local address or a cloud's metadata service; if that is meant, allow it with {option} {ip}"
                ))
            };
        }
        if self.names(host) {
            return Ok(());
        }
        Err(self.refusal(destination))
    }

    /// Why a host is not sent to that nobody allowed.
    pub(super) fn refusal(&self, destination: &Destination) -> String {
        let (host, option) = (destination.host(), self.option);
        format!(
            "not sent: {host} is not this machine, and the sandbox posts to no other unless told to; allow it with \
             {option} {host}, or use a notification URL on 127.0.0.1"
        )
    }

    fn check_own_port(&self, destination: &Destination) -> Result<(), String> {
        let is_inbox = destination
            .uri
            .path()
            .strip_prefix(super::inbox::PATH)
            .is_some_and(|rest| rest.is_empty() || rest.starts_with('/'));
        if self.own_ports.contains(&destination.port()) && !is_inbox {
            return Err(format!(
                "not sent: the URL is the sandbox's own; of its pages only {} takes notifications",
                super::inbox::PATH
            ));
        }
        Ok(())
    }

    /// Whether the host was allowed.
    pub(super) fn names(&self, host: &str) -> bool {
        self.hosts.contains(&plain(host))
    }
}

/// Whether it is a name or an address and nothing more.
pub(super) fn is_host(host: &str) -> bool {
    let url = match plain(host).parse::<IpAddr>() {
        Ok(IpAddr::V6(ip)) => format!("http://[{ip}]/"),
        _ => format!("http://{}/", plain(host)),
    };
    Destination::parse(&url).is_ok_and(|destination| destination.host() == plain(host))
}

fn plain(host: &str) -> String {
    let host = host.trim_start_matches('[').trim_end_matches([']', '.']);
    match host.parse::<IpAddr>() {
        Ok(ip) => ip.to_canonical().to_string(),
        Err(_) => host.to_ascii_lowercase(),
    }
}

/// What follows the host: a colon and the port, or nothing.
fn without_host(authority: &str) -> &str {
    let after_brackets = authority.find(']').map_or(0, |at| at + 1);
    let colon = authority[after_brackets..].find(':');
    colon.map_or("", |at| &authority[after_brackets + at..])
}

fn is_broadcast(ip: IpAddr) -> bool {
    matches!(ip, IpAddr::V4(ip) if ip.is_broadcast())
}

fn is_link_local(ip: IpAddr) -> bool {
    match ip {
        IpAddr::V4(ip) => ip.is_link_local(),
        IpAddr::V6(ip) => ip.is_unicast_link_local(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(hosts: &[&str], url: &str, ips: &[&str]) -> Result<Vec<SocketAddr>, String> {
        let hosts: Vec<_> = hosts.iter().map(|&host| host.to_owned()).collect();
        let destination = Destination::parse(url)?;
        let addresses = ips.iter().map(|ip| {
            let ip: IpAddr = ip.parse().unwrap();
            SocketAddr::new(ip, destination.port())
        });
        Allowed::new(&hosts, "--allow-notify", &[8080]).check(&destination, addresses)
    }

    #[test]
    fn what_is_signed_is_the_path_as_it_stands_in_the_url() {
        for (url, path) in [
            ("http://a.example", "/"),
            ("http://a.example?x=1", "/?x=1"),
            (
                "https://a.example/b/../%7Ec?d=%20&e#f",
                "/b/../%7Ec?d=%20&e",
            ),
            ("https://a.example/b?", "/b?"),
        ] {
            assert_eq!(Destination::parse(url).unwrap().path_and_query(), path);
        }
    }

    #[test]
    fn urls_that_are_none_are_refused_with_the_reason() {
        for (url, reason) in [
            ("", "not an absolute"),
            ("/notify", "http://"),
            ("ftp://a.example/", "http://"),
            ("http://user:password@a.example/", "a password"),
            ("http:///notify", "not an absolute"),
            ("http://127.0.0.1:99999/", "its port"),
            ("http://[::1]:0/", "its port"),
            ("http://127.0.0.1:80x/", "its port"),
            (&format!("http://a.example/{}", "x".repeat(2048)), "longer"),
        ] {
            let problem = Destination::parse(url).unwrap_err();
            assert!(problem.contains(reason), "{url}: {problem}");
            assert!(!problem.contains("user:"), "{problem}");
        }
    }

    #[test]
    fn this_machine_is_allowed_and_others_only_by_name() {
        for (url, ip) in [
            ("http://localhost:9000/notify", "127.0.0.1"),
            ("http://localhost:9000/notify", "::1"),
            ("http://shop.test/", "127.0.0.2"),
            ("http://[::ffff:127.0.0.1]/", "::ffff:127.0.0.1"),
        ] {
            assert_eq!(check(&[], url, &[ip]).unwrap().len(), 1, "{url}");
        }
        for ip in [
            "203.0.113.7",
            "10.0.0.1",
            "192.168.1.1",
            "fd00::1",
            "::ffff:10.0.0.1",
        ] {
            let problem = check(&[], "https://shop.example/notify", &[ip]).unwrap_err();
            assert!(problem.contains("--allow-notify shop.example"), "{problem}");
            let allowed = check(&["Shop.Example."], "https://shop.example/notify", &[ip]);
            assert_eq!(allowed.unwrap().len(), 1);
        }
        assert!(check(&["[fd00::1]"], "https://[fd00::1]:9/", &["fd00::1"]).is_ok());
        assert_eq!(Destination::parse("http://[::1]/").unwrap().port(), 80);
        assert_eq!(
            Destination::parse("https://a.example:/").unwrap().port(),
            443
        );
    }

    #[test]
    fn a_host_is_a_name_or_an_address_and_nothing_more() {
        for good in [
            "shop.example",
            "Shop.Example.",
            "10.0.0.1",
            "fd00::1",
            "[fd00::1]",
        ] {
            assert!(is_host(good), "{good}");
        }
        for bad in [
            "",
            "http://a.example",
            "a.example:80",
            "a.example/",
            "a b",
            "me@a.example",
        ] {
            assert!(!is_host(bad), "{bad}");
        }
    }

    #[test]
    fn one_bad_address_of_a_name_spoils_all() {
        let problem = check(&[], "http://rebind.example/", &["127.0.0.1", "10.0.0.1"]);
        assert!(
            problem
                .unwrap_err()
                .contains("rebind.example is not this machine")
        );
        let problem = check(
            &["a.example"],
            "http://a.example/",
            &["203.0.113.7", "169.254.169.254"],
        );
        assert!(
            problem
                .unwrap_err()
                .contains("--allow-notify 169.254.169.254")
        );
    }

    #[test]
    fn link_local_addresses_must_be_named_themselves_and_some_are_never_allowed() {
        let url = "http://meta.example/";
        for ip in [
            "169.254.169.254",
            "fe80::1",
            "::ffff:169.254.0.1",
            "100.100.100.200",
            "fd00:ec2::254",
        ] {
            assert!(check(&["meta.example"], url, &[ip]).is_err(), "{ip}");
            assert!(check(&[ip], url, &[ip]).is_ok(), "{ip}");
        }
        for ip in ["0.0.0.0", "::", "224.0.0.1", "ff02::1", "255.255.255.255"] {
            let problem = check(&["meta.example", ip], url, &[ip]).unwrap_err();
            assert!(
                problem.contains("correct the notification URL"),
                "{problem}"
            );
        }
    }

    #[test]
    fn of_the_sandboxs_own_pages_only_the_inbox_takes_notifications() {
        let own = |path: &str| check(&[], &format!("http://localhost:8080{path}"), &["127.0.0.1"]);
        for good in ["/__sandbox/inbox", "/__sandbox/inbox/shop?x=1"] {
            assert!(own(good).is_ok(), "{good}");
        }
        for bad in [
            "/",
            "/__sandbox/reset",
            "/__sandbox/inboxes",
            "/__sandbox/../__sandbox/inbox",
        ] {
            assert!(own(bad).unwrap_err().contains("the sandbox's own"), "{bad}");
        }
    }
}
