//! A table of text, for people and for programs.

/// Rows of text under headers.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Table {
    headers: Vec<String>,
    rows: Vec<Vec<String>>,
}

impl Table {
    /// No rows yet.
    pub(crate) fn new<S: Into<String>>(headers: impl IntoIterator<Item = S>) -> Self {
        Self { headers: headers.into_iter().map(Into::into).collect(), rows: Vec::new() }
    }

    /// Adds a row.
    pub(crate) fn push<S: Into<String>>(&mut self, row: impl IntoIterator<Item = S>) {
        let row: Vec<String> = row.into_iter().map(Into::into).collect();
        assert_eq!(row.len(), self.headers.len(), "a row of another length: {row:?}");
        self.rows.push(row);
    }

    /// A Markdown table, padded so that it reads well as plain text too.
    pub(crate) fn markdown(&self) -> String {
        let lines: Vec<&Vec<String>> = std::iter::once(&self.headers).chain(&self.rows).collect();
        let widths: Vec<usize> = (0..self.headers.len())
            .map(|column| lines.iter().map(|line| line[column].chars().count()).max().unwrap_or(0).max(3))
            .collect();
        let line = |cells: &[String]| {
            let padded: Vec<String> =
                cells.iter().zip(&widths).map(|(cell, width)| format!("{cell:<width$}", width = *width)).collect();
            format!("| {} |\n", padded.join(" | "))
        };
        let rule: Vec<String> = widths.iter().map(|width| "-".repeat(*width)).collect();
        let body: String = self.rows.iter().map(|row| line(row)).collect();
        line(&self.headers) + &line(&rule) + &body
    }

    /// Comma-separated values (RFC 4180).
    pub(crate) fn csv(&self) -> String {
        let quote = |cell: &String| {
            if cell.contains([',', '"', '\n']) { format!("\"{}\"", cell.replace('"', "\"\"")) } else { cell.clone() }
        };
        let line = |cells: &Vec<String>| cells.iter().map(quote).collect::<Vec<_>>().join(",") + "\n";
        std::iter::once(&self.headers).chain(&self.rows).map(line).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::Table;

    #[test]
    fn text_is_aligned_and_quoted() {
        let mut table = Table::new(["task", "n"]);
        table.push(["a, b", "12"]);
        insta::assert_snapshot!(table.markdown(), @r"
        | task | n   |
        | ---- | --- |
        | a, b | 12  |
        ");
        assert_eq!(table.csv(), "task,n\n\"a, b\",12\n");
    }
}
