"""Operations of migrations beside Tortoise's own."""

from tortoise.migrations.operations import TortoiseOperation
from tortoise.migrations.schema_editor.base import BaseSchemaEditor
from tortoise.migrations.schema_generator.state import State


class CreateConstraints(TortoiseOperation):
    """Creates the constraints that models state, which Tortoise does not create together with a new table.

    Of the models with these names, or of all without any. One operation, because Tortoise copies all that it
    knows of the models before each.
    """

    def __init__(self, *models: str) -> None:
        self.models = models

    def describe(self) -> str:
        """For the list of what a migration does."""
        return f"Create the constraints of {', '.join(self.models) or 'all tables'}"

    def state_forward(self, app_label: str, state: State) -> None:
        """Changes nothing: the models have stated them already."""

    async def database_forward(
        self, app_label: str, old_state: State, new_state: State, state_editor: BaseSchemaEditor | None = None
    ) -> None:
        """Adds them to the tables."""
        if state_editor is None:
            return
        for name in self.models or [model for _, model in new_state.models]:
            model = new_state.apps.get_model(f"{app_label}.{name}")
            for constraint in self.get_model_state(new_state, app_label, name).options.get("constraints", ()):
                await state_editor.add_constraint(model, constraint)

    async def database_backward(
        self, app_label: str, old_state: State, new_state: State, state_editor: BaseSchemaEditor | None = None
    ) -> None:
        """Takes them away again."""
        if state_editor is None:
            return
        for name in self.models or [model for _, model in old_state.models]:
            model = old_state.apps.get_model(f"{app_label}.{name}")
            stated = self.get_model_state(old_state, app_label, name).options.get("constraints", ())
            for constraint in reversed(stated):
                await state_editor.remove_constraint(model, constraint)
