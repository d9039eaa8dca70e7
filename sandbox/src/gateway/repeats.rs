//! What makes a request a repetition, and what a repetition gets: the vaulting that the first one began.

use super::answer::Refusal;
use super::fields::Fields;
use super::incoming::Incoming;
use crate::vaulting::{Found, Origin, RequestKey, Vaulting};
use crate::world::World;

/// Which API begins a vaulting.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    Session,
    Direct,
}

/// A vaulting, and whether this request began it.
pub(super) struct Begun {
    pub(super) vaulting: Vaulting,
    pub(super) is_new: bool,
    /// For the log: what is special about it.
    pub(super) remark: Option<&'static str>,
}

impl Fields {
    /// The merchant and the `vaultingRequestId`.
    pub(super) fn key(&self, request: &Incoming) -> RequestKey {
        RequestKey {
            client_id: request.header("client-id").unwrap_or_default().to_owned(),
            request_id: self.get("vaultingRequestId").unwrap_or_default().to_owned(),
        }
    }
}

impl World {
    /// The vaulting that this request began before, or a new one made by `create`.
    pub(super) fn begin(
        &self,
        fields: &Fields,
        key: &RequestKey,
        kind: Kind,
        create: impl FnOnce(u64) -> Result<Vaulting, Refusal>,
    ) -> Result<Begun, Refusal> {
        let found =
            self.vaultings
                .find_or_create(key, fields.fingerprint(), create, Vaulting::clone)?;
        let begun = |vaulting, remark| Begun {
            vaulting,
            is_new: false,
            remark: Some(remark),
        };
        match found {
            Found::New(vaulting) => Ok(Begun {
                vaulting,
                is_new: true,
                remark: None,
            }),
            Found::Repeated(vaulting) => Ok(begun(vaulting, "repeated: the stored answer")),
            Found::RepeatedWithChanges(vaulting)
                if self.tuning().accept_changed_repeats && kind_of(&vaulting) == kind =>
            {
                let remark = "repeated with other fields: the stored answer";
                Ok(begun(vaulting, remark))
            }
            Found::RepeatedWithChanges(vaulting) => Err(Refusal::signed(
                "REPEAT_REQ_INCONSISTENT",
                "this vaultingRequestId was used before with other fields",
            )
            .about(vaulting.number)),
        }
    }
}

fn kind_of(vaulting: &Vaulting) -> Kind {
    match vaulting.origin {
        Origin::Session { .. } => Kind::Session,
        Origin::Direct => Kind::Direct,
    }
}
