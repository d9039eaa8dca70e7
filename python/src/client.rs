//! The native client: one method for each of the core's.

use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use antom_core::api::vault_payment_method::VaultPaymentMethod;
use antom_core::doctor::{Received, Sender};
use antom_core::{
    ClientBuilder, CreateVaultingSession, Error, InquireVaulting, Notification, Recovery, Repeat,
};
use pyo3::PyTraverseError;
use pyo3::gc::PyVisit;
use pyo3::prelude::*;
use zeroize::Zeroizing;

use crate::callbacks::{Callable, PythonSigner, Watcher, ask_the_log};
use crate::convert::{self, Source};
use crate::error::raise;
use crate::results;
use crate::run::{detached, is_interrupted, is_main_thread};

type Value<'py> = Bound<'py, PyAny>;

/// Calls the API. Takes the arguments of `antom.Client`, without its defaults.
#[pyclass(frozen, module = "antom._native")]
pub(crate) struct Client {
    core: antom_core::Client,
    /// The same, for the thread on which signal handlers run.
    interruptible: antom_core::Client,
    /// What the core calls back, so that the garbage collector can follow it. A client with other options leaves that to
    /// its original, because each reference counts once.
    callables: Vec<Callable>,
    original: Option<Py<Client>>,
    is_closed: AtomicBool,
}

impl Client {
    fn new_with(
        core: antom_core::Client,
        callables: Vec<Callable>,
        original: Option<Py<Self>>,
    ) -> Self {
        Self {
            interruptible: core.with_interrupt(is_interrupted),
            core,
            callables,
            original,
            is_closed: AtomicBool::new(false),
        }
    }

    /// Runs a call of the API.
    fn call<T: Send>(
        &self,
        py: Python<'_>,
        call: impl FnOnce(&antom_core::Client) -> Result<T, Error> + Send,
    ) -> PyResult<T> {
        ask_the_log(py)?;
        let client = if is_main_thread(py)? {
            &self.interruptible
        } else {
            &self.core
        };
        detached(py, || call(client))
    }
}

#[pymethods]
impl Client {
    #[new]
    #[pyo3(signature = (*, client_id, private_key, antom_public_key, endpoint, region, private_key_passphrase,
        signer_public_key, antom_public_keys, product, key_version, agent_token, connect_timeout, timeout,
        max_retries, max_response_age, ca_certificate, proxy, observer))]
    #[expect(clippy::too_many_arguments, reason = "in Python they have names")]
    fn new(
        py: Python<'_>,
        client_id: &Value<'_>,
        private_key: Option<&Value<'_>>,
        antom_public_key: Option<&Value<'_>>,
        endpoint: Option<&Value<'_>>,
        region: Option<&Value<'_>>,
        private_key_passphrase: Option<&Value<'_>>,
        signer_public_key: Option<&Value<'_>>,
        antom_public_keys: Option<&Value<'_>>,
        product: &Value<'_>,
        key_version: &Value<'_>,
        agent_token: Option<&Value<'_>>,
        connect_timeout: &Value<'_>,
        timeout: &Value<'_>,
        max_retries: &Value<'_>,
        max_response_age: Option<&Value<'_>>,
        ca_certificate: Option<&Value<'_>>,
        proxy: Option<&Value<'_>>,
        observer: Option<&Value<'_>>,
    ) -> PyResult<Self> {
        let mut callables = Vec::new();
        let mut builder = antom_core::Client::builder(convert::text("client_id", client_id)?)
            .product(convert::product("product", product)?)
            .key_version(convert::text("key_version", key_version)?)
            .connect_timeout(convert::duration("connect_timeout", connect_timeout)?)
            .timeout(convert::duration("timeout", timeout)?)
            .max_retries(convert::count("max_retries", max_retries)?);
        // A key of None comes from an environment without it, and the core says which one is missing.
        if let Some(key) = private_key {
            builder = with_signer(builder, key, private_key_passphrase, &mut callables)?;
        }
        if let Some(key) = signer_public_key {
            let key = convert::source("signer_public_key", key)?.into_key();
            builder = builder.signer_public_key(key);
        }
        for (version, key) in antom_public_keys
            .map(|keys| convert::keys("antom_public_keys", keys))
            .transpose()?
            .into_iter()
            .flatten()
        {
            builder = builder.antom_public_key_version(version, key);
        }
        if let Some(age) = max_response_age {
            let age = convert::duration("max_response_age", age)?;
            builder = builder.max_response_age(age);
        }
        if let Some(key) = antom_public_key {
            let key = convert::source("antom_public_key", key)?.into_key();
            builder = builder.antom_public_key(key);
        }
        if let Some(endpoint) = endpoint {
            builder = builder.endpoint(convert::text("endpoint", endpoint)?);
        }
        if let Some(region) = region {
            builder = builder.region(convert::region("region", region)?);
        }
        if let Some(token) = agent_token {
            builder = builder.agent_token(convert::text("agent_token", token)?);
        }
        if let Some(certificate) = ca_certificate {
            builder = with_ca_certificate(builder, certificate)?;
        }
        if let Some(url) = proxy {
            builder = builder.proxy(convert::text("proxy", url)?);
        }
        let observer = observer
            .map(|observer| convert::callable("observer", observer))
            .transpose()?;
        callables.extend(observer.clone());
        builder = builder.observer(Watcher::new(py, observer)?);
        let core = detached(py, || builder.build())?;
        Ok(Self::new_with(core, callables, None))
    }

    /// The same client with other limits.
    #[pyo3(signature = (*, timeout, max_retries))]
    fn with_options(
        slf: &Bound<'_, Self>,
        timeout: Option<&Value<'_>>,
        max_retries: Option<&Value<'_>>,
    ) -> PyResult<Self> {
        let mut core = slf.get().core.clone();
        if let Some(timeout) = timeout {
            let timeout = convert::duration("timeout", timeout)?;
            if timeout.is_zero() || timeout > Duration::from_hours(1) {
                let problem = "timeout must be more than 0 and at most 1 hour";
                return Err(raise(slf.py(), &Error::invalid_argument(problem)));
            }
            core = core.with_timeout(timeout);
        }
        if let Some(max_retries) = max_retries {
            core = core.with_max_retries(convert::count("max_retries", max_retries)?);
        }
        Ok(Self::new_with(core, Vec::new(), Some(slf.clone().unbind())))
    }

    fn __traverse__(&self, visit: PyVisit<'_>) -> Result<(), PyTraverseError> {
        visit.call(&self.original)?;
        self.callables
            .iter()
            .try_for_each(|callable| callable.traverse(&visit))
    }

    fn __clear__(&self) {
        self.callables.iter().for_each(Callable::clear);
    }

    #[pyo3(signature = (*, payment_method_type, vaulting_request_id, vaulting_notification_url, redirect_url,
        pass_through_metadata, merchant_region, is_3ds_authentication))]
    #[expect(clippy::too_many_arguments, reason = "in Python they have names")]
    fn create_vaulting_session<'py>(
        &self,
        py: Python<'py>,
        payment_method_type: &Value<'py>,
        vaulting_request_id: Option<&Value<'py>>,
        vaulting_notification_url: Option<&Value<'py>>,
        redirect_url: Option<&Value<'py>>,
        pass_through_metadata: Option<&Value<'py>>,
        merchant_region: Option<&Value<'py>>,
        is_3ds_authentication: Option<&Value<'py>>,
    ) -> PyResult<Value<'py>> {
        let text = |name, value: Option<&Value<'py>>| {
            value.map(|value| convert::text(name, value)).transpose()
        };
        let request = CreateVaultingSession {
            payment_method_type: convert::text("payment_method_type", payment_method_type)?,
            vaulting_request_id: text("vaulting_request_id", vaulting_request_id)?,
            vaulting_notification_url: text(
                "vaulting_notification_url",
                vaulting_notification_url,
            )?,
            redirect_url: text("redirect_url", redirect_url)?,
            pass_through_metadata: pass_through_metadata
                .map(|value| convert::metadata("pass_through_metadata", value))
                .transpose()?,
            merchant_region: text("merchant_region", merchant_region)?,
            is_3ds_authentication: is_3ds_authentication
                .map(|value| convert::flag("is_3ds_authentication", value))
                .transpose()?,
        };
        let session = self.call(py, |client| client.create_vaulting_session(&request))?;
        results::session(py, &session)
    }

    #[pyo3(signature = (*, vaulting_request_id, merchant_account_id))]
    fn inquire_vaulting<'py>(
        &self,
        py: Python<'py>,
        vaulting_request_id: &Value<'py>,
        merchant_account_id: Option<&Value<'py>>,
    ) -> PyResult<Value<'py>> {
        let request = InquireVaulting {
            vaulting_request_id: convert::text("vaulting_request_id", vaulting_request_id)?,
            merchant_account_id: merchant_account_id
                .map(|value| convert::text("merchant_account_id", value))
                .transpose()?,
        };
        let inquiry = self.call(py, |client| client.inquire_vaulting(&request))?;
        results::inquiry(py, &inquiry)
    }

    /// None if Antom never got the request.
    #[pyo3(signature = (*, vaulting_request_id))]
    fn recover<'py>(
        &self,
        py: Python<'py>,
        vaulting_request_id: &Value<'py>,
    ) -> PyResult<Option<Value<'py>>> {
        let id = convert::text("vaulting_request_id", vaulting_request_id)?;
        match self.call(py, |client| client.recover(&id))? {
            Recovery::Known(inquiry) => results::inquiry(py, &inquiry).map(Some),
            Recovery::NeverArrived => Ok(None),
        }
    }

    fn vault_payment_method<'py>(
        &self,
        py: Python<'py>,
        json: &Value<'py>,
    ) -> PyResult<Value<'py>> {
        let json = Zeroizing::new(convert::text("json", json)?);
        let request = VaultPaymentMethod::from_json(&json).map_err(|error| raise(py, &error))?;
        let vaulted = self.call(py, |client| client.vault_payment_method(request))?;
        results::vaulted(py, &vaulted)
    }

    #[pyo3(name = "call", signature = (path, json, *, idempotent))]
    fn call_any<'py>(
        &self,
        py: Python<'py>,
        path: &Value<'py>,
        json: &Value<'py>,
        idempotent: &Value<'py>,
    ) -> PyResult<Value<'py>> {
        let path = convert::text("path", path)?;
        let json = String::from_utf8(convert::body("json", json)?).map_err(|_| {
            let problem = "json must be UTF-8: encode the text with .encode()";
            raise(py, &Error::invalid_argument(problem))
        })?;
        let repeat = if convert::flag("idempotent", idempotent)? {
            Repeat::Harmless
        } else {
            Repeat::OnlyIfNotSent
        };
        let answer = self.call(py, |client| client.call(&path, &json, repeat))?;
        results::answer(py, &answer)
    }

    #[pyo3(signature = (*, sender, method, path, client_id, time, body, signature))]
    #[expect(clippy::too_many_arguments, reason = "in Python they have names")]
    fn diagnose<'py>(
        &self,
        py: Python<'py>,
        sender: &Value<'py>,
        method: &Value<'py>,
        path: &Value<'py>,
        client_id: &Value<'py>,
        time: &Value<'py>,
        body: &Value<'py>,
        signature: &Value<'py>,
    ) -> PyResult<Value<'py>> {
        let sender = match convert::text("sender", sender)?.as_str() {
            "antom" => Sender::Antom,
            "merchant" => Sender::Merchant,
            _ => {
                let problem = "sender must be 'antom' or 'merchant'";
                return Err(raise(py, &Error::invalid_argument(problem)));
            }
        };
        let method = convert::text("method", method)?;
        let path = convert::text("path", path)?;
        let client_id = convert::text("client_id", client_id)?;
        let time = convert::text("time", time)?;
        let body = convert::body("body", body)?;
        let signature = convert::text("signature", signature)?;
        let received = Received {
            method: &method,
            path: &path,
            client_id: &client_id,
            time: &time,
            signature: &signature,
            body: &body,
            meant: None,
        };
        let diagnosis = detached(py, || self.core.diagnose(&received, sender))?;
        results::diagnosis(py, &diagnosis)
    }

    fn sign(
        &self,
        py: Python<'_>,
        method: &Value<'_>,
        path: &Value<'_>,
        time: &Value<'_>,
        body: &Value<'_>,
    ) -> PyResult<String> {
        let method = convert::text("method", method)?;
        let path = convert::text("path", path)?;
        let time = convert::request_time("time", time)?;
        let body = convert::body("body", body)?;
        detached(py, || self.core.sign(&method, &path, &time, &body))
    }

    fn verify(
        &self,
        py: Python<'_>,
        method: &Value<'_>,
        path: &Value<'_>,
        time: &Value<'_>,
        body: &Value<'_>,
        signature: &Value<'_>,
    ) -> PyResult<()> {
        let method = convert::text("method", method)?;
        let path = convert::text("path", path)?;
        let time = convert::text("time", time)?;
        let body = convert::body("body", body)?;
        let signature = convert::text("signature", signature)?;
        detached(py, || {
            self.core.verify(&method, &path, &time, &body, &signature)
        })
    }

    #[pyo3(signature = (*, method, path, headers, body, tolerance))]
    fn verify_notification<'py>(
        &self,
        py: Python<'py>,
        method: &Value<'py>,
        path: &Value<'py>,
        headers: &Value<'py>,
        body: &Value<'py>,
        tolerance: Option<&Value<'py>>,
    ) -> PyResult<Value<'py>> {
        let method = convert::text("method", method)?;
        let path = convert::text("path", path)?;
        let headers = convert::headers("headers", headers)?;
        let body = convert::bytes("body", body)?;
        let mut verifier = self.core.notifications();
        if let Some(tolerance) = tolerance {
            verifier = verifier.with_tolerance(convert::duration("tolerance", tolerance)?);
        }
        match detached(py, || verifier.verify(&method, &path, &headers, &body))? {
            Notification::Vaulting(event) => results::notification(py, &event),
            Notification::Other { raw } => results::unrelated(py, raw.0.expose()),
        }
    }

    fn close(&self, py: Python<'_>) -> PyResult<()> {
        if let Some(original) = &self.original {
            return original.get().close(py);
        }
        self.is_closed.store(true, Ordering::Relaxed);
        detached(py, || {
            self.core.close();
            Ok(())
        })
    }

    fn is_closed(&self) -> bool {
        self.is_closed.load(Ordering::Relaxed)
    }
}

/// The merchant's key, or a callable that signs instead.
fn with_signer(
    builder: ClientBuilder,
    key: &Value<'_>,
    passphrase: Option<&Value<'_>>,
    callables: &mut Vec<Callable>,
) -> PyResult<ClientBuilder> {
    if key.is_callable() {
        let signer = Callable::new(key);
        callables.push(signer.clone());
        return Ok(builder.signer(PythonSigner(signer)));
    }
    let expected = "str, bytes, os.PathLike or callable";
    let mut key = convert::source_or("private_key", expected, key)?.into_key();
    if let Some(passphrase) = passphrase {
        key = key.with_passphrase(convert::text("private_key_passphrase", passphrase)?);
    }
    Ok(builder.private_key(key))
}

fn with_ca_certificate(builder: ClientBuilder, certificate: &Value<'_>) -> PyResult<ClientBuilder> {
    Ok(match convert::source("ca_certificate", certificate)? {
        Source::Text(pem) => builder.ca_certificate(pem),
        // What is not UTF-8 is not PEM either, and the core says so.
        Source::Bytes(pem) => builder.ca_certificate(String::from_utf8_lossy(&pem)),
        Source::Path(path) => builder.ca_certificate_path(path),
    })
}
