// A report as one HTML file that needs nothing else: it can be mailed, and opened without a net.

struct Page {
    var title: String
    private var body = ""

    init(_ title: String) { self.title = title }

    mutating func lead(_ text: String) { body += "<p class=\"lead\">\(escaped(text))</p>\n" }
    mutating func heading(_ text: String) { body += "<h2>\(escaped(text))</h2>\n" }
    mutating func paragraph(_ text: String) { body += "<p>\(escaped(text))</p>\n" }
    mutating func add(_ chart: Chart) { if chart.series.contains(where: { !$0.points.isEmpty }) { body += chart.html } }

    mutating func list(_ items: [(name: String, text: String)]) {
        body += "<dl>"
        for item in items { body += "<dt>\(escaped(item.name))</dt><dd>\(escaped(item.text))</dd>" }
        body += "</dl>\n"
    }

    /// The first cell of a row names it.
    mutating func table(_ head: [String], _ rows: [[String]]) {
        body += "<div class=\"wide\"><table><thead><tr>"
        for cell in head { body += "<th>\(escaped(cell))</th>" }
        body += "</tr></thead><tbody>"
        for row in rows {
            body += "<tr>"
            for (index, cell) in row.enumerated() { body += index == 0 ? "<th>\(escaped(cell))</th>" : "<td>\(escaped(cell))</td>" }
            body += "</tr>"
        }
        body += "</tbody></table></div>\n"
    }

    var html: String {
        """
        <!DOCTYPE html>
        <html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1">
        <title>\(escaped(title))</title><style>\(Self.style)</style></head>
        <body><main><h1>\(escaped(title))</h1>
        \(body)</main></body></html>

        """
    }

    private static let style = """
        body{margin:0;background:#f4f4f2;color:#1c1c1c;font:16px/1.5 system-ui,-apple-system,"Segoe UI",Roboto,"Helvetica Neue",Arial,sans-serif}
        main{max-width:980px;margin:0 auto;padding:32px 20px 64px}
        h1{font-size:30px;line-height:1.2;margin:0 0 12px}h2{font-size:22px;margin:44px 0 10px;border-top:2px solid #1c1c1c;padding-top:14px}
        h3{font-size:17px;margin:0}p{margin:4px 0 10px}.lead{font-size:18px;color:#3a3a3a}
        figure{margin:18px 0;padding:16px 18px 8px;background:#fff;border:1px solid #ddd;border-radius:6px}
        figcaption p{font-size:14px;color:#555;margin:2px 0 8px}svg{display:block;width:100%;height:auto}
        svg text{font:12px system-ui,-apple-system,"Segoe UI",Roboto,Arial,sans-serif;fill:#333}svg .label{font-size:13px;fill:#555}svg .name{font-size:13px}
        svg .grid{stroke:#e6e6e6;stroke-width:1}svg .axis{stroke:#666;stroke-width:1}
        .wide{overflow-x:auto}table{border-collapse:collapse;width:100%;background:#fff;font-size:14px;font-variant-numeric:tabular-nums;margin:10px 0 18px}
        th,td{padding:5px 9px;text-align:right;border-bottom:1px solid #e2e2e2;white-space:nowrap}th:first-child{text-align:left}tbody th{font-weight:500}
        dl{display:grid;grid-template-columns:max-content 1fr;gap:2px 16px;font-size:14px}dt{color:#555}dd{margin:0;overflow-wrap:anywhere}
        @media print{body{background:#fff}figure{break-inside:avoid}}
        """
}
