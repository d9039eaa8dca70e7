//! JSON with a line for each member, for people. Numbers and the order of members stay as they came, which a round
//! trip through values would change.

/// The deepest indentation, so that the text does not grow with the square of the depth.
const DEEPEST: usize = 32;

/// Valid JSON, indented; what is not JSON comes out as something that is no better.
#[must_use]
pub fn indented_json(json: &str) -> String {
    let mut text = String::with_capacity(json.len() * 2);
    let mut depth = 0_usize;
    let mut in_string = false;
    let mut is_escaped = false;
    let mut last = ' ';
    let break_line = |text: &mut String, depth: usize| {
        text.push('\n');
        text.push_str(&"  ".repeat(depth.min(DEEPEST)));
    };
    for c in json.chars() {
        if in_string {
            in_string = c != '"' || is_escaped;
            is_escaped = c == '\\' && !is_escaped;
            text.push(c);
            continue;
        }
        if c.is_ascii_whitespace() {
            continue;
        }
        let is_closing = matches!(c, '}' | ']');
        if matches!(last, '{' | '[') && !is_closing {
            depth += 1;
            break_line(&mut text, depth);
        } else if is_closing && !matches!(last, '{' | '[') {
            depth = depth.saturating_sub(1);
            break_line(&mut text, depth);
        } else if last == ',' {
            break_line(&mut text, depth);
        } else if last == ':' {
            text.push(' ');
        }
        in_string = c == '"';
        text.push(c);
        last = c;
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_member_has_a_line_in_the_order_in_which_they_came() {
        let json = r#"{"b":[1.10,{},[] ,{"x":null}],"a":"x\":{,\\","n":12345678901234567890}"#;
        let expected = r#"{
  "b": [
    1.10,
    {},
    [],
    {
      "x": null
    }
  ],
  "a": "x\":{,\\",
  "n": 12345678901234567890
}"#;
        assert_eq!(indented_json(json), expected);
    }

    #[test]
    fn deep_nesting_does_not_grow_beyond_measure() {
        let deep = "[".repeat(10_000) + &"]".repeat(10_000);
        assert!(indented_json(&deep).len() < 100 * deep.len());
    }
}
