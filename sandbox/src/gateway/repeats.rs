//! What makes a request a repetition, and what a repetition gets: the vaulting that the first one began.

use std::sync::Arc;

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
pub(super) struct Begun<T> {
    /// [`Vaulting::number`].
    pub(super) number: u64,
    /// What was read of it.
    pub(super) value: T,
    pub(super) is_new: bool,
    /// For the log: what is special about it.
    pub(super) remark: Option<&'static str>,
}

impl Fields {
    /// The merchant and the `vaultingRequestId`.
    pub(super) fn key(&self, request: &Incoming) -> Arc<RequestKey> {
        Arc::new(RequestKey {
            client_id: request.header("client-id").unwrap_or_default().to_owned(),
            request_id: self.get("vaultingRequestId").unwrap_or_default().to_owned(),
        })
    }
}

impl World {
    /// Reads the vaulting that this request began before, or a new one made by `create`.
    pub(super) fn begin<T>(
        &self,
        fields: &Fields,
        key: &Arc<RequestKey>,
        kind: Kind,
        create: impl FnOnce(u64) -> Result<Vaulting, Refusal>,
        read: impl FnOnce(&Vaulting) -> T,
    ) -> Result<Begun<T>, Refusal> {
        let read = |vaulting: &Vaulting| (vaulting.number, kind_of(vaulting), read(vaulting));
        let fingerprint = fields.fingerprint();
        let found = self
            .vaultings
            .find_or_create(key, fingerprint, create, read)?;
        let (is_new, remark, (number, _, value)) = match found {
            Found::New(read) => (true, None, read),
            Found::Repeated(read) => (false, Some("repeated: the stored answer"), read),
            Found::RepeatedWithChanges(read)
                if self.tuning().accept_changed_repeats && read.1 == kind =>
            {
                let remark = "repeated with other fields: the stored answer";
                (false, Some(remark), read)
            }
            Found::RepeatedWithChanges((number, ..)) => {
                let reason = "this vaultingRequestId was used before with other fields";
                return Err(Refusal::signed("REPEAT_REQ_INCONSISTENT", reason).about(number));
            }
        };
        Ok(Begun {
            number,
            value,
            is_new,
            remark,
        })
    }
}

fn kind_of(vaulting: &Vaulting) -> Kind {
    match vaulting.origin {
        Origin::Session { .. } => Kind::Session,
        Origin::Direct => Kind::Direct,
    }
}
