rule summary:
    input:
        connectome="results/connectome.nc",
        leadfield="results/leadfield.nc",
        simulated=of_points("simulated", [SHOWN], "connectivity"),
        target=of_points("target", [STUDY.target], "connectivity"),
        theory=f"results/simulated/{SHOWN}/theory.nc",
        scores="results/scores.csv",
        best=BEST,
        fit=FIT + FITTED,
        notes="results/scores_notes.csv",
        nulls=NULLS,
        figures=expand("results/figures/{name}.png", name=FIGURES),
    output:
        summary=report(
            "results/summary.html",
            category="1. Summary",  # categories are listed in the order of letters
            labels={"page": "summary of the study"},
            caption="../report/summary.rst",
        ),
    log:
        "results/logs/summary.log",
    benchmark:
        "results/benchmarks/summary.tsv"
    localrule: True
    conda:
        "../../environment.yml"
    resources:
        **asked("summary"),
    params:
        study=SUMMARISED,
        settings=deviations.of(SETTINGS, SCHEMA),
        texts=fingerprint.content(*page.texts(FIGURES)),
        rows=ROWS,
        code=code("summarise.py"),
    script:
        "../scripts/summarise.py"
