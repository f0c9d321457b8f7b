def missing(program, table): return []
