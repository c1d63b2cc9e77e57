"""Window code: pure, columnar, knows neither Bytewax nor a database."""
