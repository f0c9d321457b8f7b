def of_refusal(case, error): return None
def explain(case, field, i, wrong): return None
