//! Whole small programs for libantom's doors, in the style of the examples.

use super::{Field, FieldValue, Task, is_ams};
use crate::literal;
use crate::paste::{ClientSettings, indented};

pub(super) fn python(settings: &ClientSettings, task: &Task) -> String {
    let settings = indented(&settings.python(), 12);
    let product = if is_ams(task) {
        "            product=\"ams\",\n"
    } else {
        ""
    };
    let (what, act) = match task {
        Task::Create(fields) => (
            "Creates this vaulting session",
            format!(
                "            session = client.create_vaulting_session(
{}            )
            print(\"request id:\", session.request_id)
            print(\"session id:\", session.id)
            print(\"expires at:\", session.expires_at.isoformat())
",
                python_arguments(fields)
            ),
        ),
        Task::Inquire(id) => (
            "Asks what became of this vaulting",
            format!(
                "            vaulting = client.inquire_vaulting(vaulting_request_id={})
            print(\"outcome:\", vaulting.outcome)
",
                literal::python(id)
            ),
        ),
        Task::Call(path, json) => (
            "Makes this call",
            format!(
                "            client.call({}, {})
            print(\"answered with success\")
",
                literal::python(path),
                literal::python(json)
            ),
        ),
    };
    format!(
        r#""""{what} against the local sandbox."""

import pathlib
import sys

import antom


def main() -> None:
    """Make the call and show what a log may hold of its answer."""
    try:
        with antom.Client(
{settings}{product}        ) as client:
{act}    except antom.AntomError as error:
        sys.exit(f"{{error}}\n{{error.advice}}")


if __name__ == "__main__":
    main()
"#
    )
}

fn python_arguments(fields: &[Field]) -> String {
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
    arguments.concat()
}

pub(super) fn php(settings: &ClientSettings, task: &Task) -> String {
    let settings = indented(&settings.php(), 8);
    let product = if is_ams(task) {
        "        'product' => 'ams',\n"
    } else {
        ""
    };
    let act = match task {
        Task::Create(fields) => format!(
            r"    $session = $client->createVaultingSession([
{}    ]);
    echo 'request id: ', $session->requestId(), PHP_EOL;
    echo 'session id: ', $session->id(), PHP_EOL;
    echo 'expires at: ', $session->expiresAt()->format(DATE_ATOM), PHP_EOL;
",
            php_members(fields)
        ),
        Task::Inquire(id) => format!(
            r"    $vaulting = $client->inquireVaulting(['vaultingRequestId' => {}]);
    echo 'outcome: ', $vaulting->outcome(), PHP_EOL;
",
            literal::php(id)
        ),
        Task::Call(path, json) => format!(
            r"    $client->call({}, (array) json_decode({}));
    echo 'answered with success', PHP_EOL;
",
            literal::php(path),
            literal::php(json)
        ),
    };
    format!(
        r#"<?php

declare(strict_types=1);

require 'vendor/autoload.php';
// Without Composer: php/autoload.php of libantom, with ANTOM_LIBRARY=/path/to/libantom.so in the environment.

use Antom\Client;
use Antom\Exception\AntomException;

try {{
    $client = Client::create([
{settings}{product}    ]);
{act}}} catch (AntomException $exception) {{
    fwrite(STDERR, $exception->getMessage() . "\n" . $exception->advice() . "\n");
    exit(1);
}}
"#
    )
}

fn php_members(fields: &[Field]) -> String {
    let members = fields.iter().map(|field| {
        let value = match &field.value {
            FieldValue::Text(text) => literal::php(text),
            FieldValue::Flag(flag) => flag.to_string(),
        };
        format!("        '{}' => {value},\n", field.name)
    });
    members.collect()
}

pub(super) fn c(settings: &ClientSettings, task: &Task) -> String {
    let settings = indented(&settings.c(), 4);
    let product = if is_ams(task) {
        "    antom_options_set_product(options, ANTOM_PRODUCT_AMS);\n"
    } else {
        ""
    };
    let CParts {
        variables,
        call,
        report,
    } = CParts::of(task);
    format!(
        r#"/* cc call.c -IDIR/include -LDIR/lib -Wl,-rpath,DIR/lib -lantom */
#include <antom.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static int report(antom_error *error) {{
    fprintf(stderr, "%s\n%s\n", antom_error_message(error), antom_error_advice(error));
    antom_error_free(error);
    return EXIT_FAILURE;
}}

int main(void) {{
{variables}    antom_options *options = antom_options_new();
    antom_client *client = NULL;
    antom_error *error = NULL;
    antom_status status;

{settings}{product}    status = antom_client_new(options, &client, &error);
    antom_options_free(options);
    if (status != ANTOM_OK) {{
        return report(error);
    }}

{call}    antom_client_free(client);
    if (status != ANTOM_OK) {{
        return report(error);
    }}

{report}    return EXIT_SUCCESS;
}}
"#
    )
}

/// What differs between the programs in C.
struct CParts {
    variables: &'static str,
    call: String,
    report: &'static str,
}

impl CParts {
    fn of(task: &Task) -> Self {
        match task {
            Task::Create(fields) => Self {
                variables: "    antom_create_vaulting_session_request request = {0};
    antom_vaulting_session *session = NULL;
",
                call: format!(
                    "    request.struct_size = sizeof request;
{}    status = antom_client_create_vaulting_session(client, &request, &session, &error);
",
                    c_members(fields)
                ),
                report: r#"    printf("request id: %s\n", antom_vaulting_session_request_id(session));
    printf("session id: %s\n", antom_vaulting_session_id(session));
    printf("expires at: %s\n", antom_vaulting_session_expires_at(session));
    antom_vaulting_session_free(session);
"#,
            },
            Task::Inquire(id) => Self {
                variables: "    antom_vaulting *vaulting = NULL;\n",
                call: format!(
                    "    status = antom_client_inquire_vaulting(client, {}, NULL, &vaulting, &error);\n",
                    literal::c(id)
                ),
                report: r#"    printf("outcome: %d\n", (int)antom_vaulting_outcome(vaulting));
    antom_vaulting_free(vaulting);
"#,
            },
            Task::Call(path, json) => Self {
                variables: "    antom_answer *answer = NULL;\n    const char *json;\n",
                call: format!(
                    "    json = {};
    status = antom_client_call(client, {}, json, strlen(json), 0, &answer, &error);
",
                    literal::c(json),
                    literal::c(path)
                ),
                report: r#"    printf("answered with success at %s\n", antom_answer_response_time(answer));
    antom_answer_free(answer);
"#,
            },
        }
    }
}

fn c_members(fields: &[Field]) -> String {
    let members = fields.iter().map(|field| {
        let value = match &field.value {
            FieldValue::Text(text) => literal::c(text),
            FieldValue::Flag(true) => "1".to_owned(),
            FieldValue::Flag(false) => "-1".to_owned(),
        };
        format!("    request.{} = {value};\n", snake_case(field.name))
    });
    members.collect()
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
