//! How a page names the vaulting that it is about: by its session, which cannot be guessed, and by its number only
//! where there is no session.

use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};

use super::form::Fields;
use crate::vaulting::{Locator, Origin, Vaulting};

/// A name of a vaulting that a buyer's page has.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Ticket {
    /// `vaultingSessionId`.
    SessionId(String),
    /// `vaultingSessionData`.
    SessionData(String),
    /// Of a vaulting that a merchant's server began with the card itself.
    Number(u64),
}

impl Ticket {
    pub(super) fn read(fields: &Fields) -> Option<Self> {
        // Base64 has no spaces: one is a "+" that was not encoded.
        let base64 = |name| fields.get(name).map(|text| text.replace(' ', "+"));
        let number = || fields.get("vaulting")?.parse().ok().map(Self::Number);
        base64("vaultingSessionId")
            .map(Self::SessionId)
            .or_else(|| base64("sessionData").map(Self::SessionData))
            .or_else(number)
    }

    pub(super) fn locator(&self) -> Locator<'_> {
        match self {
            Self::SessionId(id) => Locator::SessionId(id),
            Self::SessionData(data) => Locator::SessionData(data),
            Self::Number(number) => Locator::Number(*number),
        }
    }

    /// The name under which the vaulting that was found goes on: never its session data, and `None` if a number was
    /// given where the session's id is needed.
    pub(super) fn exchange(self, vaulting: &Vaulting) -> Option<Self> {
        match (&vaulting.origin, self) {
            (Origin::Session { .. }, Self::Number(_)) => None,
            (Origin::Session { id, .. }, _) => Some(Self::SessionId(id.to_string())),
            (Origin::Direct, ticket) => Some(ticket),
        }
    }

    /// The name of the field that carries it.
    pub(super) fn field(&self) -> &'static str {
        match self {
            Self::SessionId(_) => "vaultingSessionId",
            Self::SessionData(_) => "sessionData",
            Self::Number(_) => "vaulting",
        }
    }

    /// The value of that field.
    pub(super) fn value(&self) -> String {
        match self {
            Self::SessionId(text) | Self::SessionData(text) => text.clone(),
            Self::Number(number) => number.to_string(),
        }
    }

    /// As the query of a URL.
    pub(super) fn query(&self) -> String {
        let value = self.value();
        let value = utf8_percent_encode(&value, NON_ALPHANUMERIC);
        format!("{}={value}", self.field())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::vaulting::tests::vaulting;

    #[test]
    fn a_session_is_not_found_by_its_number() {
        let session = vaulting();
        assert_eq!(Ticket::Number(1).exchange(&session), None);
        assert_eq!(
            Ticket::SessionData("data".into()).exchange(&session),
            Some(Ticket::SessionId("id".into()))
        );
        let direct = Vaulting {
            origin: Origin::Direct,
            ..session
        };
        assert_eq!(Ticket::Number(1).exchange(&direct), Some(Ticket::Number(1)));
    }

    #[test]
    fn what_a_page_wrote_is_read_again() {
        for query in ["vaultingSessionId=a%2Bb", "vaultingSessionId=a+b"] {
            let ticket = Ticket::read(&Fields::read(query.as_bytes())).unwrap();
            assert_eq!(ticket.query(), "vaultingSessionId=a%2Bb");
        }
        let data = Fields::read(b"sessionData=a%3D%3D%26%26SG%26%26001");
        let data = Ticket::read(&data).unwrap();
        assert_eq!(data, Ticket::SessionData("a==&&SG&&001".into()));
        assert_eq!(Ticket::read(&Fields::read(b"vaulting=-1")), None);
        assert_eq!(Ticket::read(&Fields::read(b"")), None);
    }
}
