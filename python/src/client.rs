//! The native client: one method for each of the core's.

use antom_core::{CreateVaultingSession, Notification};
use pyo3::prelude::*;

use crate::convert::{self, Source};
use crate::results;
use crate::run::detached;

type Value<'py> = Bound<'py, PyAny>;

/// Calls the API. Takes the arguments of `antom.Client`, without its defaults.
#[pyclass(frozen, module = "antom._native")]
pub(crate) struct Client(antom_core::Client);

#[pymethods]
impl Client {
    #[new]
    #[pyo3(signature = (*, client_id, private_key, antom_public_key, endpoint, region, private_key_passphrase,
        product, key_version, agent_token, connect_timeout, timeout, max_retries, ca_certificate, proxy))]
    #[expect(clippy::too_many_arguments, reason = "in Python they have names")]
    fn new(
        py: Python<'_>,
        client_id: &Value<'_>,
        private_key: Option<&Value<'_>>,
        antom_public_key: Option<&Value<'_>>,
        endpoint: Option<&Value<'_>>,
        region: Option<&Value<'_>>,
        private_key_passphrase: Option<&Value<'_>>,
        product: &Value<'_>,
        key_version: &Value<'_>,
        agent_token: Option<&Value<'_>>,
        connect_timeout: &Value<'_>,
        timeout: &Value<'_>,
        max_retries: &Value<'_>,
        ca_certificate: Option<&Value<'_>>,
        proxy: Option<&Value<'_>>,
    ) -> PyResult<Self> {
        let mut builder = antom_core::Client::builder(convert::text("client_id", client_id)?)
            .product(convert::product("product", product)?)
            .key_version(convert::text("key_version", key_version)?)
            .connect_timeout(convert::duration("connect_timeout", connect_timeout)?)
            .timeout(convert::duration("timeout", timeout)?)
            .max_retries(convert::count("max_retries", max_retries)?);
        // A key of None comes from an environment without it, and the core says which one is missing.
        if let Some(key) = private_key {
            let mut key = convert::source("private_key", key)?.into_key();
            if let Some(passphrase) = private_key_passphrase {
                key = key.with_passphrase(convert::text("private_key_passphrase", passphrase)?);
            }
            builder = builder.private_key(key);
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
            builder = match convert::source("ca_certificate", certificate)? {
                Source::Text(pem) => builder.ca_certificate(pem),
                // What is not UTF-8 is not PEM either, and the core says so.
                Source::Bytes(pem) => builder.ca_certificate(String::from_utf8_lossy(&pem)),
                Source::Path(path) => builder.ca_certificate_path(path),
            };
        }
        if let Some(url) = proxy {
            builder = builder.proxy(convert::text("proxy", url)?);
        }
        detached(py, || builder.build()).map(Self)
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
        let session = detached(py, || self.0.create_vaulting_session(&request))?;
        results::session(py, &session)
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
        let time = convert::text("time", time)?;
        let body = convert::body("body", body)?;
        detached(py, || self.0.sign(&method, &path, &time, &body))
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
            self.0.verify(&method, &path, &time, &body, &signature)
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
        let mut verifier = self.0.notifications();
        if let Some(tolerance) = tolerance {
            verifier = verifier.with_tolerance(convert::duration("tolerance", tolerance)?);
        }
        match detached(py, || verifier.verify(&method, &path, &headers, &body))? {
            Notification::Vaulting(event) => results::notification(py, &event),
            Notification::Other { raw } => results::unrelated(py, raw.0.expose()),
        }
    }

    fn close(&self, py: Python<'_>) -> PyResult<()> {
        detached(py, || {
            self.0.close();
            Ok(())
        })
    }
}
