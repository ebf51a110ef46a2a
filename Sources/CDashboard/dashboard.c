// The files of site/, as bytes. A file that is not listed here is not served.
#include "CDashboard.h"

// Every clang that builds this has #embed; the warning is for those that come after it.
#pragma clang diagnostic ignored "-Wc23-extensions"

static const unsigned char index_html[] = {
#embed "site/index.html"
};
static const unsigned char css_layout_css[] = {
#embed "site/css/layout.css"
};
static const unsigned char css_parts_css[] = {
#embed "site/css/parts.css"
};
static const unsigned char css_theme_css[] = {
#embed "site/css/theme.css"
};
static const unsigned char favicon_svg[] = {
#embed "site/favicon.svg"
};
static const unsigned char js_activity_js[] = {
#embed "site/js/activity.js"
};
static const unsigned char js_chart_js[] = {
#embed "site/js/chart.js"
};
static const unsigned char js_dom_js[] = {
#embed "site/js/dom.js"
};
static const unsigned char js_events_js[] = {
#embed "site/js/events.js"
};
static const unsigned char js_format_js[] = {
#embed "site/js/format.js"
};
static const unsigned char js_history_js[] = {
#embed "site/js/history.js"
};
static const unsigned char js_live_js[] = {
#embed "site/js/live.js"
};
static const unsigned char js_main_js[] = {
#embed "site/js/main.js"
};
static const unsigned char js_pages_bans_js[] = {
#embed "site/js/pages/bans.js"
};
static const unsigned char js_pages_blocks_js[] = {
#embed "site/js/pages/blocks.js"
};
static const unsigned char js_pages_health_js[] = {
#embed "site/js/pages/health.js"
};
static const unsigned char js_pages_levels_js[] = {
#embed "site/js/pages/levels.js"
};
static const unsigned char js_pages_miner_js[] = {
#embed "site/js/pages/miner.js"
};
static const unsigned char js_pages_overview_js[] = {
#embed "site/js/pages/overview.js"
};
static const unsigned char js_pages_profit_js[] = {
#embed "site/js/pages/profit.js"
};
static const unsigned char js_pages_routing_js[] = {
#embed "site/js/pages/routing.js"
};
static const unsigned char js_pages_workers_js[] = {
#embed "site/js/pages/workers.js"
};
static const unsigned char js_parts_js[] = {
#embed "site/js/parts.js"
};
static const unsigned char js_payments_js[] = {
#embed "site/js/payments.js"
};
static const unsigned char js_sessions_js[] = {
#embed "site/js/sessions.js"
};
static const unsigned char js_table_js[] = {
#embed "site/js/table.js"
};
static const unsigned char js_theme_js[] = {
#embed "site/js/theme.js"
};

#define ENTRY(path, bytes) {path, bytes, sizeof(bytes)}

static const DashboardFile files[] = {
  ENTRY("index.html", index_html),
  ENTRY("css/layout.css", css_layout_css),
  ENTRY("css/parts.css", css_parts_css),
  ENTRY("css/theme.css", css_theme_css),
  ENTRY("favicon.svg", favicon_svg),
  ENTRY("js/activity.js", js_activity_js),
  ENTRY("js/chart.js", js_chart_js),
  ENTRY("js/dom.js", js_dom_js),
  ENTRY("js/events.js", js_events_js),
  ENTRY("js/format.js", js_format_js),
  ENTRY("js/history.js", js_history_js),
  ENTRY("js/live.js", js_live_js),
  ENTRY("js/main.js", js_main_js),
  ENTRY("js/pages/bans.js", js_pages_bans_js),
  ENTRY("js/pages/blocks.js", js_pages_blocks_js),
  ENTRY("js/pages/health.js", js_pages_health_js),
  ENTRY("js/pages/levels.js", js_pages_levels_js),
  ENTRY("js/pages/miner.js", js_pages_miner_js),
  ENTRY("js/pages/overview.js", js_pages_overview_js),
  ENTRY("js/pages/profit.js", js_pages_profit_js),
  ENTRY("js/pages/routing.js", js_pages_routing_js),
  ENTRY("js/pages/workers.js", js_pages_workers_js),
  ENTRY("js/parts.js", js_parts_js),
  ENTRY("js/payments.js", js_payments_js),
  ENTRY("js/sessions.js", js_sessions_js),
  ENTRY("js/table.js", js_table_js),
  ENTRY("js/theme.js", js_theme_js),
};

const DashboardFile *dashboard_file(size_t index) {
  return index < sizeof(files) / sizeof(files[0]) ? &files[index] : NULL;
}
