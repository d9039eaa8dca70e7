//! The checks that every request passes before it reaches an API, in the order of the gateway. Up to the signature
//! the answers are not signed: until then nobody knows who is asking.

use antom_core::doctor::{Received, examine};
use antom_core::signature::{Content, SignatureHeader};

use super::KEY_VERSION;
use super::answer::Refusal;
use super::incoming::{Api, Incoming, Mode};
use super::request_time;
use crate::journal::Check;
use crate::settings::TEST_PREFIX;
use crate::token::Token;
use crate::world::World;

impl World {
    /// The API that the request may use. `checks` gets every check that was made.
    pub(super) fn admit(
        &self,
        request: &Incoming,
        checks: &mut Vec<Check>,
    ) -> Result<Api, Refusal> {
        path_is_antoms(request)?;
        note(checks, "the method is POST", method_is_post(request))?;
        let (mode, api) = note(checks, "the API exists", api_exists(request))?;
        note(
            checks,
            "the path fits the client id",
            mode_fits_client(mode, request),
        )?;
        note(
            checks,
            "the Content-Type is JSON",
            media_type_is_json(request),
        )?;
        let client_id = note(
            checks,
            "the client id is known",
            self.client_is_known(request),
        )?;
        note(checks, "the key version is known", key_is_known(request))?;
        note(
            checks,
            "the signature is valid",
            self.signature_is_valid(client_id, request),
        )?;
        note(
            checks,
            "the agent token is valid",
            self.agent_token_is_valid(request),
        )?;
        note(
            checks,
            "the traffic is within the limit",
            self.traffic_is_within_limit(),
        )?;
        Ok(api)
    }

    fn client_is_known<'r>(&self, request: &'r Incoming) -> Result<&'r str, Refusal> {
        let refuse = |reason: String| Refusal::unsigned("INVALID_CLIENT", reason);
        let client_id = request
            .header("client-id")
            .map_err(|problem| refuse(problem.to_string()))?;
        if self.client_ids.iter().any(|known| known == client_id) {
            Ok(client_id)
        } else {
            let [test, live] = &self.client_ids;
            Err(refuse(format!(
                "this client id is unknown; the client ids here are {test} and {live}"
            )))
        }
    }

    fn signature_is_valid(&self, client_id: &str, request: &Incoming) -> Result<(), Refusal> {
        let time = request
            .header("request-time")
            .map_err(|problem| Refusal::signature(problem.to_string()))?;
        request_time::check(time).map_err(Refusal::signature)?;
        let header = signature_text(request)?;
        let content = Content {
            method: request.method(),
            path: request.path_and_query(),
            client_id,
            time,
            body: request.body(),
        };
        let valid = SignatureHeader::parse(header)
            .is_ok_and(|header| self.merchant.verify(&content.to_bytes(), &header.signature));
        if valid {
            return Ok(());
        }
        let received = Received::from_content(&content, header);
        let gateway = self.key.verifying_key();
        let keys = [
            ("the merchant's key", &self.merchant),
            ("the gateway's own key", &gateway),
        ];
        Err(match examine(&received, &keys).cause {
            Some(cause) => Refusal::diagnosed(&cause, &format!("{}/", self.browser_url)),
            None => Refusal::signature("no cause was found"),
        })
    }

    /// Only looked at where a token is set: most merchants have none, and some SDKs always send the header.
    fn agent_token_is_valid(&self, request: &Incoming) -> Result<(), Refusal> {
        let given = request.header("agent-token");
        let is = |token: &Option<Token>| match (token, &given) {
            (Some(token), Ok(given)) => token.is(given),
            (None, _) | (_, Err(_)) => false,
        };
        if is(&self.settings.expired_agent_token) {
            let reason = "it is the token that was set as expired";
            return Err(Refusal::signed("EXPIRED_AGENT_TOKEN", reason));
        }
        if self.settings.agent_token.is_none() || is(&self.settings.agent_token) {
            return Ok(());
        }
        let reason = match given {
            Ok(_) => "it is not the token that was set".to_owned(),
            Err(problem) => problem.to_string(),
        };
        Err(Refusal::signed("INVALID_AGENT_TOKEN", reason))
    }

    fn traffic_is_within_limit(&self) -> Result<(), Refusal> {
        match self.tuning().rate_limit {
            Some(limit) if !self.rate_limit.admits_one_more(limit) => Err(Refusal::signed(
                "REQUEST_TRAFFIC_EXCEED_LIMIT",
                format!("the limit is {limit} requests a second"),
            )),
            Some(_) | None => Ok(()),
        }
    }
}

fn note<T>(
    checks: &mut Vec<Check>,
    name: &'static str,
    outcome: Result<T, Refusal>,
) -> Result<T, Refusal> {
    checks.push(Check {
        name: name.into(),
        passed: outcome.is_ok(),
    });
    outcome
}

fn path_is_antoms(request: &Incoming) -> Result<(), Refusal> {
    if request.path().starts_with("/ams/") {
        return Ok(());
    }
    let reason =
        "Antom's APIs are below /ams/, the sandbox's own requests are listed at /__sandbox/";
    Err(Refusal::unsigned("NO_INTERFACE_DEF", reason).with_http_status(404))
}

fn method_is_post(request: &Incoming) -> Result<(), Refusal> {
    if request.method() == "POST" {
        return Ok(());
    }
    Err(Refusal::unsigned(
        "METHOD_NOT_SUPPORTED",
        "send a POST request",
    ))
}

fn api_exists(request: &Incoming) -> Result<(Mode, Api), Refusal> {
    request
        .api()
        .ok_or_else(|| Refusal::unsigned("NO_INTERFACE_DEF", "the sandbox has no API at this path"))
}

fn mode_fits_client(mode: Mode, request: &Incoming) -> Result<(), Refusal> {
    let Ok(client_id) = request.header("client-id") else {
        return Ok(());
    };
    let reason = match (mode, client_id.starts_with(TEST_PREFIX)) {
        (Mode::Test, true) | (Mode::Live, false) => return Ok(()),
        (Mode::Live, true) => {
            "a client id that begins with SANDBOX_ belongs to the path /ams/sandbox/api"
        }
        (Mode::Test, false) => {
            "a client id that does not begin with SANDBOX_ belongs to the path /ams/api"
        }
    };
    Err(Refusal::unsigned("INVALID_CLIENT", reason))
}

/// No Content-Type at all is fine, and so are several, if one of them is JSON. Accept does not matter.
fn media_type_is_json(request: &Incoming) -> Result<(), Refusal> {
    let mut types = request.header_values("content-type").peekable();
    let is_json = |value: &str| {
        let essence = value.split(';').next().unwrap_or(value);
        essence.trim().eq_ignore_ascii_case("application/json")
    };
    if types.peek().is_none() || types.any(is_json) {
        return Ok(());
    }
    Err(Refusal::unsigned(
        "MEDIA_TYPE_NOT_ACCEPTABLE",
        "the Content-Type is not application/json",
    ))
}

/// A header that cannot be read is a matter of the next check.
fn key_is_known(request: &Incoming) -> Result<(), Refusal> {
    let header = signature_text(request)
        .ok()
        .and_then(|text| SignatureHeader::parse(text).ok());
    match header.and_then(|header| header.key_version) {
        Some(version) if version != KEY_VERSION => Err(Refusal::unsigned(
            "KEY_NOT_FOUND",
            format!("the only keyVersion here is {KEY_VERSION}"),
        )),
        Some(_) | None => Ok(()),
    }
}

fn signature_text(request: &Incoming) -> Result<&str, Refusal> {
    request
        .header("signature")
        .map_err(|problem| Refusal::signature(problem.to_string()))
}
