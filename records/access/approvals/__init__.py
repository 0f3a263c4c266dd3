"""What nobody does alone: one person asks, another decides, and it is done once, exactly as it was asked.

`guard` is what a protected verb calls, `verbs` what people do with a request, `acts` what is then done. The
database itself looks at who decides (migration 0030).
"""
