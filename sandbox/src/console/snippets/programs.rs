//! Whole small programs for libantom's doors, in the style of the examples.

use super::literal;
use super::{Field, FieldValue, is_ams};
use crate::paste::ClientSettings;

pub(super) fn python(settings: &ClientSettings, fields: &[Field]) -> String {
    let [
        client_id,
        endpoint,
        private_key,
        antom_public_key,
        ca_certificate,
    ] = settings.texts().map(literal::python);
    let product = if is_ams(fields) {
        "            product=\"ams\",\n"
    } else {
        ""
    };
    let mut arguments: Vec<_> = fields
        .iter()
        .map(|field| {
            let value = match &field.value {
                FieldValue::Text(text) => literal::python(text),
                FieldValue::Flag(true) => "True".to_owned(),
                FieldValue::Flag(false) => "False".to_owned(),
            };
            format!("                {}={value},\n", snake_case(field.name))
        })
        .collect();
    if !fields.iter().any(|field| field.name == "paymentMethodType") {
        // Without it the call would not even be made, and the client's own explanation not be seen.
        arguments.insert(0, "                payment_method_type=\"\",\n".to_owned());
    }
    let arguments = arguments.concat();
    format!(
        r#""""Creates this vaulting session against the local sandbox."""

import sys
from pathlib import Path

import antom


def main() -> None:
    """Create the session and show what a log may hold of it."""
    try:
        with antom.Client(
            client_id={client_id},
            private_key=Path({private_key}),
            antom_public_key=Path({antom_public_key}),
            endpoint={endpoint},
            ca_certificate=Path({ca_certificate}),
{product}        ) as client:
            session = client.create_vaulting_session(
{arguments}            )
    except antom.AntomError as error:
        sys.exit(f"{{error}}\n{{error.advice}}")

    print("request id:", session.request_id)
    print("session id:", session.id)
    print("expires at:", session.expires_at.isoformat())


if __name__ == "__main__":
    main()
"#
    )
}

pub(super) fn php(settings: &ClientSettings, fields: &[Field]) -> String {
    let [
        client_id,
        endpoint,
        private_key,
        antom_public_key,
        ca_certificate,
    ] = settings.texts().map(literal::php);
    let product = if is_ams(fields) {
        "        'product' => 'ams',\n"
    } else {
        ""
    };
    let members: Vec<_> = fields
        .iter()
        .map(|field| {
            let value = match &field.value {
                FieldValue::Text(text) => literal::php(text),
                FieldValue::Flag(flag) => flag.to_string(),
            };
            format!("        '{}' => {value},\n", field.name)
        })
        .collect();
    let members = members.concat();
    format!(
        r#"<?php

declare(strict_types=1);

require 'vendor/autoload.php';

use Antom\Client;
use Antom\Exception\AntomException;

try {{
    $client = Client::create([
        'client_id' => {client_id},
        'private_key_path' => {private_key},
        'antom_public_key_path' => {antom_public_key},
        'endpoint' => {endpoint},
        'ca_certificate_path' => {ca_certificate},
{product}    ]);
    $session = $client->createVaultingSession([
{members}    ]);
}} catch (AntomException $exception) {{
    fwrite(STDERR, $exception->getMessage() . "\n" . $exception->advice() . "\n");
    exit(1);
}}

echo 'request id: ', $session->requestId(), "\n";
echo 'session id: ', $session->id(), "\n";
echo 'expires at: ', $session->expiresAt()->format(DATE_ATOM), "\n";
"#
    )
}

pub(super) fn c(settings: &ClientSettings, fields: &[Field]) -> String {
    let [
        client_id,
        endpoint,
        private_key,
        antom_public_key,
        ca_certificate,
    ] = settings.texts().map(literal::c);
    let product = if is_ams(fields) {
        "    antom_options_set_product(options, ANTOM_PRODUCT_AMS);\n"
    } else {
        ""
    };
    let members: Vec<_> = fields
        .iter()
        .map(|field| {
            let value = match &field.value {
                FieldValue::Text(text) => literal::c(text),
                FieldValue::Flag(true) => "1".to_owned(),
                FieldValue::Flag(false) => "-1".to_owned(),
            };
            format!("    request.{} = {value};\n", snake_case(field.name))
        })
        .collect();
    let members = members.concat();
    format!(
        r#"/* cc session.c -IDIR/include -LDIR/lib -Wl,-rpath,DIR/lib -lantom */
#include <antom.h>
#include <stdio.h>
#include <stdlib.h>

static int report(antom_error *error) {{
    fprintf(stderr, "%s\n%s\n", antom_error_message(error), antom_error_advice(error));
    antom_error_free(error);
    return EXIT_FAILURE;
}}

int main(void) {{
    antom_create_vaulting_session_request request = {{0}};
    antom_options *options = antom_options_new();
    antom_client *client = NULL;
    antom_vaulting_session *session = NULL;
    antom_error *error = NULL;
    antom_status status;

    antom_options_set_client_id(options, {client_id});
    antom_options_set_private_key_path(options, {private_key});
    antom_options_set_antom_public_key_path(options, {antom_public_key});
    antom_options_set_endpoint(options, {endpoint});
    antom_options_set_ca_certificate_path(options, {ca_certificate});
{product}    status = antom_client_new(options, &client, &error);
    antom_options_free(options);
    if (status != ANTOM_OK) {{
        return report(error);
    }}

    request.struct_size = sizeof request;
{members}    status = antom_client_create_vaulting_session(client, &request, &session, &error);
    antom_client_free(client);
    if (status != ANTOM_OK) {{
        return report(error);
    }}

    printf("request id: %s\n", antom_vaulting_session_request_id(session));
    printf("session id: %s\n", antom_vaulting_session_id(session));
    printf("expires at: %s\n", antom_vaulting_session_expires_at(session));
    antom_vaulting_session_free(session);
    return EXIT_SUCCESS;
}}
"#
    )
}

/// The name of a field in C and in Python.
fn snake_case(field: &str) -> String {
    if field == "is3DSAuthentication" {
        return "is_3ds_authentication".to_owned();
    }
    field.chars().fold(String::new(), |mut out, c| {
        if c.is_ascii_uppercase() {
            out.push('_');
        }
        out.push(c.to_ascii_lowercase());
        out
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use antom_core::api::rules::CREATE_VAULTING_SESSION;

    #[test]
    fn fields_are_called_as_in_c_and_python() {
        let names: Vec<_> = CREATE_VAULTING_SESSION
            .iter()
            .map(|rule| snake_case(rule.field))
            .collect();
        let header = include_str!("../../../../include/antom.h");
        let python = include_str!("../../../../python/antom/client.py");
        for name in names {
            assert!(
                header.contains(&format!(" {name};")) || header.contains(&format!("*{name};")),
                "{name}"
            );
            assert!(python.contains(&format!(" {name}: ")), "{name}");
        }
    }
}
