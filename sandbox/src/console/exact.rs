//! Text from the wire as HTML that shows every character of it. Browsers turn carriage returns of a page into line
//! feeds, so those are written as references.

use std::fmt::{self, Write as _};

/// A text that is written as HTML; templates must not escape it again.
pub(super) struct Exact<'a> {
    text: &'a str,
    shows_line_ends: bool,
}

impl<'a> Exact<'a> {
    pub(super) fn plain(text: &'a str) -> Self {
        Self {
            text,
            shows_line_ends: false,
        }
    }

    /// With a mark before each line end.
    pub(super) fn with_line_ends(text: &'a str) -> Self {
        Self {
            text,
            shows_line_ends: true,
        }
    }
}

impl fmt::Display for Exact<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mark = |f: &mut fmt::Formatter<'_>, sign: &str| {
            if self.shows_line_ends {
                write!(f, "<span class=\"mark\" aria-hidden=\"true\">{sign}</span>")
            } else {
                Ok(())
            }
        };
        for c in self.text.chars() {
            match c {
                '<' => f.write_str("&lt;")?,
                '>' => f.write_str("&gt;")?,
                '&' => f.write_str("&amp;")?,
                '"' => f.write_str("&quot;")?,
                '\'' => f.write_str("&#39;")?,
                '\n' => {
                    mark(f, "LF")?;
                    f.write_char('\n')?;
                }
                '\r' => {
                    mark(f, "CR")?;
                    f.write_str("&#13;")?;
                }
                // No page can hold it.
                '\0' => f.write_str("<span class=\"mark\">NUL</span>")?,
                c => f.write_char(c)?,
            }
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_is_markup_and_line_ends_are_seen() {
        let text = "<b a=\"'\">&\r\n\0";
        assert_eq!(
            Exact::plain(text).to_string(),
            "&lt;b a=&quot;&#39;&quot;&gt;&amp;&#13;\n<span class=\"mark\">NUL</span>"
        );
        let marked = Exact::with_line_ends("a\r\n").to_string();
        assert_eq!(
            marked,
            "a<span class=\"mark\" aria-hidden=\"true\">CR</span>&#13;<span class=\"mark\" aria-hidden=\"true\">LF</span>\n"
        );
    }
}
