//! The node agent: scraping, discovery, tailing, host metrics and their wiring.
