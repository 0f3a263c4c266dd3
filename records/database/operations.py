"""What migrations do beside Tortoise's own operations."""

from collections.abc import Mapping, Sequence

from tortoise.migrations.constraints import CheckConstraint, UniqueConstraint
from tortoise.migrations.operations import TortoiseOperation
from tortoise.migrations.schema_editor.base import BaseSchemaEditor
from tortoise.migrations.schema_generator.state import State

Constraint = CheckConstraint | UniqueConstraint


class AddConstraints(TortoiseOperation):
    """Adds named constraints to several models, by their names.

    One operation, because Tortoise copies all that it knows of the models before each: constraints one by
    one made the first start three times as long.
    """

    def __init__(self, constraints: Mapping[str, Sequence[Constraint]]) -> None:
        self.constraints = constraints

    def describe(self) -> str:
        """For the list of what a migration does."""
        return f"Add constraints to {', '.join(self.constraints)}"

    def state_forward(self, app_label: str, state: State) -> None:
        """Notes them in what Tortoise knows of the models."""
        for model_name, constraints in self.constraints.items():
            options = self.get_model_state(state, app_label, model_name).options
            options["constraints"] = [*options.get("constraints", ()), *constraints]
        state.reload_models((app_label, model_name) for model_name in self.constraints)

    async def database_forward(
        self, app_label: str, old_state: State, new_state: State, state_editor: BaseSchemaEditor | None = None
    ) -> None:
        """Adds them to the tables."""
        if state_editor is None:
            return
        for model_name, constraints in self.constraints.items():
            model = new_state.apps.get_model(f"{app_label}.{model_name}")
            for constraint in constraints:
                await state_editor.add_constraint(model, constraint)

    async def database_backward(
        self, app_label: str, old_state: State, new_state: State, state_editor: BaseSchemaEditor | None = None
    ) -> None:
        """Takes them away again."""
        if state_editor is None:
            return
        for model_name, constraints in self.constraints.items():
            model = old_state.apps.get_model(f"{app_label}.{model_name}")
            for constraint in reversed(constraints):
                await state_editor.remove_constraint(model, constraint)
